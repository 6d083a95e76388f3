-- Aggregated paths as counted moves, as `moves` are of journeys. When they
-- happened nobody knows.
with

paths as (

    select * from {{ ref('path_count_paths') }}
    where path = ''

),

steps as (

    select * from {{ ref('path_count_steps') }}

),

counted as (

    select
        touchpoint as touchpoint_from,
        next_touchpoint as touchpoint_to,
        conversions + non_conversions as transitions,
        0 as revenue
    from steps
    where next_touchpoint is not null

    union all

    select
        '(start)' as touchpoint_from,
        touchpoint as touchpoint_to,
        conversions + non_conversions as transitions,
        0 as revenue
    from steps
    where step = 1

    {% for end_state, count, revenue in [
        ('(conversion)', 'conversions', 'revenue'),
        ('(null)', 'non_conversions', '0'),
    ] %}
    union all

    select
        touchpoint as touchpoint_from,
        '{{ end_state }}' as touchpoint_to,
        {{ count }} as transitions,
        {{ revenue }} as revenue
    from steps
    where next_touchpoint is null

    union all

    select
        '(start)' as touchpoint_from,
        '{{ end_state }}' as touchpoint_to,
        {{ count }} as transitions,
        {{ revenue }} as revenue
    from paths
    {% endfor %}

),

final as (

    select
        touchpoint_from,
        touchpoint_to,
        cast(sum(transitions) as bigint) as transitions,
        cast(sum(revenue) as numeric(18, 2)) as revenue
    from counted
    group by 1, 2
    having sum(transitions) > 0

)

select * from final
