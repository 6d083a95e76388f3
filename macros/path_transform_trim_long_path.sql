{# Only the last `most` steps stay. #}
{% macro path_transform_trim_long_path(is_step, previous_touchpoint, most) %}
    {{ return(
        is_step ~ ' and ' ~ conversionflow.over_steps('row_number()', is_step, 'position desc') ~ ' <= ' ~ most
    ) }}
{% endmacro %}
