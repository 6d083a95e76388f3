{# A window `function` over the events of a journey that agree on `kind`: whether they are steps, and what else. #}
{% macro over_steps(function, kind, order='position') %}
    {{ return(function ~ ' over (partition by customer_id, journey_number, ' ~ kind ~ ' order by ' ~ order ~ ')') }}
{% endmacro %}
