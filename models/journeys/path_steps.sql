{{ config(materialized='view') }}

-- Step 5: the path of each journey as rows. A step keeps the touch it stands
-- for, so a name such as `a > b` does no harm, and names the step after it,
-- null at the path's end.
with

final as (

    select
        {{ journey_id('events') }} as journey_id,
        cast(events.step as bigint) as step,
        events.event_id as touch_id,
        events.touchpoint,
        events.next_touchpoint,
        events.market,
        events.event_at as touched_at,
        events.is_converted,
        {{ outcome('events', 'data_end.data_end_at') }} as outcome
    from {{ ref('journey_events') }} as events
    cross join {{ ref('data_end') }} as data_end
    where events.is_step

)

select * from final
