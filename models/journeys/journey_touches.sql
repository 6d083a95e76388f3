{{ config(materialized='view') }}

-- Step 5: every valid touch in its one journey. Touches older than
-- `path_lookback_days` before the journey's end stay, but are no steps.
with

final as (

    select
        {{ journey_id('events') }} as journey_id,
        cast(events.position as bigint) as position,
        events.event_id as touch_id,
        events.touchpoint,
        events.market,
        events.event_at as touched_at,
        case
            when events.is_converted
                then {{ hours_between('events.event_at', 'events.ended_at') }}
        end as hours_to_conversion,
        events.in_lookback,
        cast(events.run_id as text) as run_id
    from {{ ref('journey_events') }} as events
    where not events.is_conversion

)

select * from final
