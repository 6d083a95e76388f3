-- Step 7: moves counted by period and market, with the entries from `(start)`
-- into the first steps. Those of aggregated paths have no period. Where only
-- some customers changed, their moves change the counts as they stand.
with

departures as (

    select
        {{ period_start('moved_at') }} as period_start,
        market,
        touchpoint_from,
        touchpoint_to,
        is_entry,
        sum(change) as transitions,
        coalesce(sum(change * revenue), 0) as revenue
    from {{ ref('moves') }}
    group by 1, 2, 3, 4, 5

),

counts as (

    select
        period_start,
        market,
        touchpoint_from,
        touchpoint_to,
        transitions,
        revenue
    from departures

    union all

    select
        period_start,
        market,
        '(start)' as touchpoint_from,
        touchpoint_from as touchpoint_to,
        transitions,
        0 as revenue
    from departures
    where is_entry

    union all

    {% if adds_to_counts('transition_counts') %}
    select
        period_start,
        market,
        touchpoint_from,
        touchpoint_to,
        transitions,
        revenue
    from {{ this }}
    {% else %}
    select
        cast(null as date) as period_start,
        {{ market('null') }} as market,
        touchpoint_from,
        touchpoint_to,
        transitions,
        revenue
    from {{ ref('path_count_moves') }}
    {% endif %}

),

final as (

    select
        period_start,
        market,
        touchpoint_from,
        touchpoint_to,
        cast(sum(transitions) as bigint) as transitions,
        cast(sum(revenue) as numeric(18, 2)) as revenue,
        cast({{ run_id() }} as text) as run_id
    from counts
    group by 1, 2, 3, 4
    having sum(transitions) > 0

)

select * from final
