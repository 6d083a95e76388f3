{# Names of the network's own states, which no touchpoint may have. #}
{% macro reserved_touchpoints() %}
    {{ return(['(start)', '(conversion)', '(null)', '(unattributed)']) }}
{% endmacro %}
