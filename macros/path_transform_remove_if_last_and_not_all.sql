{# Steps of `touchpoint` at the end go, unless the path has no other: A, B, A, A without A gives A, B. #}
{% macro path_transform_remove_if_last_and_not_all(steps, touchpoint) %}
    {% set removed = dbt.string_literal(dbt.escape_single_quotes(touchpoint)) %}
    select {{ conversionflow.path_step_columns() }}
    from (
        select
            *,
            max(case when touchpoint <> {{ removed }} then step end) over (
                partition by journey_id
            ) as last_other_step
        from {{ steps }}
    ) as compared
    where last_other_step is null or step <= last_other_step
{% endmacro %}
