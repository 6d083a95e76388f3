{# The first touch of each touchpoint is a step: A, B, A gives A, B. #}
{% macro path_transform_first_path(steps) %}
    select {{ conversionflow.path_step_columns() }}
    from (
        select
            *,
            row_number() over (
                partition by journey_id, touchpoint order by step
            ) as occurrence
        from {{ steps }}
    ) as counted
    where occurrence = 1
{% endmacro %}
