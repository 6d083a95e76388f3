{# Every touch is a step. #}
{% macro path_transform_unique_path(steps) %}
    select * from {{ steps }}
{% endmacro %}
