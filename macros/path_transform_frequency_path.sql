{#
    The first touch of each touchpoint is a step, and the path for people says how many there were:
    A, B, A gives A(2), B(1). The step's touchpoint stays A: it is the node of the network.
#}
{% macro path_transform_frequency_path(steps) %}
    select {{ conversionflow.path_step_columns(step_name="touchpoint || '(' || cast(occurrences as text) || ')'") }}
    from (
        select
            *,
            row_number() over (
                partition by journey_id, touchpoint order by step
            ) as occurrence,
            count(*) over (partition by journey_id, touchpoint) as occurrences
        from {{ steps }}
    ) as counted
    where occurrence = 1
{% endmacro %}
