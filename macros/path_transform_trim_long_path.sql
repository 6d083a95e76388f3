{# Only the last `most` steps stay. #}
{% macro path_transform_trim_long_path(steps, most) %}
    select {{ conversionflow.path_step_columns() }}
    from (
        select
            *,
            row_number() over (
                partition by journey_id order by step desc
            ) as step_from_end
        from {{ steps }}
    ) as counted
    where step_from_end <= {{ most }}
{% endmacro %}
