-- Step 2: one row per journey with how it ended. Where nothing was bought, a
-- journey whose last touch is younger at the data's end than
-- `journey_inactivity_days` is still open: nobody knows yet how it ends.
with

spans as (

    select
        journey_id,
        customer_id,
        min(event_at) as started_at,
        max(event_at) as ended_at,
        max(case when event_kind = 0 then event_at end) as last_touch_at,
        max(case when event_kind = 1 then event_id end) as conversion_id,
        max(case when event_kind = 1 then conversion_type end)
            as conversion_type,
        max(case when event_kind = 1 then revenue end) as revenue,
        sum(1 - event_kind) as touch_count,
        coalesce(
            max(case when event_kind = 1 then market end),
            max(case when opens_journey = 1 then market end)
        ) as market
    from {{ ref('journey_events') }}
    group by journey_id, customer_id

),

data_end as (

    select max(event_at) as data_end_at from {{ ref('journey_events') }}

),

final as (

    select
        spans.journey_id,
        spans.customer_id,
        spans.market,
        markets.time_zone,
        spans.started_at,
        spans.ended_at,
        case
            when spans.conversion_id is not null then 'converted'
            when spans.last_touch_at > {{ dbt.dateadd(
                'day', '-' ~ var('journey_inactivity_days'), 'data_end.data_end_at'
            ) }} then 'open'
            else 'lost'
        end as outcome,
        spans.conversion_id,
        spans.conversion_type,
        spans.revenue,
        cast(spans.touch_count as bigint) as touch_count
    from spans
    left join {{ ref('markets') }} as markets
        on spans.market = markets.market
    cross join data_end

)

select * from final
