{# Steps of `touchpoint` go, unless the path has no other: A, B, A without A gives B; A, A stays. #}
{% macro path_transform_remove_if_not_all(steps, touchpoint) %}
    {% set removed = dbt.string_literal(dbt.escape_single_quotes(touchpoint)) %}
    select {{ conversionflow.path_step_columns() }}
    from (
        select
            *,
            max(case when touchpoint <> {{ removed }} then 1 else 0 end) over (
                partition by journey_id
            ) as has_other
        from {{ steps }}
    ) as compared
    where touchpoint <> {{ removed }} or has_other = 0
{% endmacro %}
