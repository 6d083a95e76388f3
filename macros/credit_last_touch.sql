{# Weight of a step for its conversion: all on the last. #}
{% macro credit_last_touch() %}
    {{ return('case when step = steps then 1.0 else 0.0 end') }}
{% endmacro %}
