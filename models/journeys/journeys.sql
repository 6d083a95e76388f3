{{ config(materialized='view') }}

-- Step 5: one row per journey, with how it ended. Where nothing was bought, a
-- journey whose last touch is younger at the data's end than
-- `journey_inactivity_days` is still open: nobody knows yet how it ends.
with

final as (

    select
        {{ journey_id('events') }} as journey_id,
        events.customer_id,
        events.market,
        events.started_at,
        events.ended_at,
        {{ outcome('events', 'data_end.data_end_at') }} as outcome,
        case when events.is_conversion then events.event_id end
            as conversion_id,
        events.conversion_type,
        events.revenue,
        cast(
            events.position
            - case when events.is_conversion then 1 else 0 end as bigint
        ) as touch_count,
        cast(events.step as bigint) as step_count,
        coalesce(events.short_path, long_paths.path, '') as path,
        cast(events.run_id as text) as run_id
    from {{ ref('journey_events') }} as events
    left join {{ ref('long_paths') }} as long_paths
        on
            events.customer_id = long_paths.customer_id
            and events.journey_number = long_paths.journey_number
    cross join {{ ref('data_end') }} as data_end
    where events.closes_journey

)

select * from final
