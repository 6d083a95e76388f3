{# Touches of one touchpoint in a row are one step, the first of them: A, A, B, A gives A, B, A. #}
{% macro path_transform_exposure_path(steps) %}
    select {{ conversionflow.path_step_columns() }}
    from (
        select
            *,
            lag(touchpoint) over (
                partition by journey_id order by step
            ) as previous_touchpoint
        from {{ steps }}
    ) as compared
    where previous_touchpoint is null or previous_touchpoint <> touchpoint
{% endmacro %}
