{# The first touch of each touchpoint is a step: A, B, A gives A, B. #}
{% macro path_transform_first_path(is_step, previous_touchpoint) %}
    {{ return(is_step ~ ' and ' ~ conversionflow.over_steps('row_number()', is_step ~ ', touchpoint') ~ ' = 1') }}
{% endmacro %}
