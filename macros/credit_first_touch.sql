{# Weight of a step for its conversion: all on the first. #}
{% macro credit_first_touch() %}
    {{ return('case when step = 1 then 1.0 else 0.0 end') }}
{% endmacro %}
