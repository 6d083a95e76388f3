{# Every touch is a step. #}
{% macro path_transform_unique_path(is_step, previous_touchpoint) %}
    {{ return(is_step) }}
{% endmacro %}
