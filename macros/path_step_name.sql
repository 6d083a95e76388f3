{# What a step is called in the path for people after a transform: only frequency_path adds to its name. #}
{% macro path_step_name(transform, is_step, step_name) %}
    {% if transform != 'frequency_path' %}
        {{ return(step_name) }}
    {% endif %}
    {{ return(
        "touchpoint || '(' || cast(count(*) over (partition by customer_id, journey_number, "
        ~ is_step ~ ", touchpoint) as text) || ')'"
    ) }}
{% endmacro %}
