{{ config(indexes=indexes_for_reports([['period_start']])) }}

-- Step 8: what the models see: spend, entries, touches and conversions of each
-- touchpoint by period and market. Touches are the steps of closed journeys,
-- entries the first of these, by the time of the touch; a conversion counts at
-- the step it came from, so one that no step explains is in no row.
with

counted as (

    select
        period_start,
        market,
        case
            when touchpoint_from = '(start)' then touchpoint_to
            else touchpoint_from
        end as touchpoint,
        case when touchpoint_from = '(start)' then transitions else 0 end
            as entries,
        case when touchpoint_from = '(start)' then 0 else transitions end
            as touches,
        case
            when touchpoint_from <> '(start)' and touchpoint_to = '(conversion)'
                then transitions
            else 0
        end as conversions,
        case
            when touchpoint_from <> '(start)' and touchpoint_to = '(conversion)'
                then revenue
            else 0
        end as revenue,
        0 as spend
    from {{ ref('transition_counts') }}
    where period_start is not null

    union all

    select
        {{ period_start('spend_date') }} as period_start,
        market,
        touchpoint,
        0 as entries,
        0 as touches,
        0 as conversions,
        0 as revenue,
        spend
    from {{ ref('stg_spend') }}

),

final as (

    select
        period_start,
        market,
        touchpoint,
        cast(sum(spend) as numeric(18, 2)) as spend,
        cast(sum(entries) as bigint) as entries,
        cast(sum(touches) as bigint) as touches,
        cast(sum(conversions) as bigint) as conversions,
        cast(sum(revenue) as numeric(18, 2)) as revenue,
        cast({{ run_id() }} as text) as run_id
    from counted
    where touchpoint not in ('(conversion)', '(null)')
    group by period_start, market, touchpoint

)

select * from final
