{# Weight of a step for its conversion: the same for all. #}
{% macro credit_linear() %}
    {{ return('1.0') }}
{% endmacro %}
