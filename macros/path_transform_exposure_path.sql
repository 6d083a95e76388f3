{# Touches of one touchpoint in a row are one step, the first of them: A, A, B, A gives A, B, A. #}
{% macro path_transform_exposure_path(is_step, previous_touchpoint) %}
    {% set before = previous_touchpoint or conversionflow.over_steps('lag(touchpoint)', is_step) %}
    {{ return(is_step ~ ' and coalesce(' ~ before ~ ' <> touchpoint, true)') }}
{% endmacro %}
