{{ config(materialized='ephemeral') }}

-- Step 6: closed journeys as moves out of their steps: to the next one, or
-- from the last to `(conversion)` or `(null)`. A move happens at the touch it
-- departs from, on the clock of the journey's market. A journey without a step
-- moves from `(start)` to its end at its first event; of any other `is_entry`
-- marks the first step, into which `transition_counts` adds a move from
-- `(start)`. `change` is 1 for a move that came and -1 for one that went.
with

visits as (

    select
        events.*,
        markets.time_zone,
        case when events.is_converted then '(conversion)' else '(null)' end
            as end_state
    from {{ events_to_count('transition_counts') }} as events
    left join {{ ref('markets') }} as markets
        on events.market = markets.market
    where
        (events.is_step or events.closes_journey and events.step = 0)
        and {{ outcome('events', 'events.data_end_at') }} <> 'open'

),

final as (

    select
        {{ journey_id('visits') }} as journey_id,
        visits.market,
        {{ local_time(
            'case when visits.is_step then visits.event_at '
            ~ 'else visits.started_at end',
            'visits.time_zone'
        ) }} as moved_at,
        case when visits.is_step then visits.touchpoint else '(start)' end
            as touchpoint_from,
        coalesce(visits.next_touchpoint, visits.end_state) as touchpoint_to,
        visits.is_step and visits.step = 1 as is_entry,
        case when visits.next_touchpoint is null then visits.revenue end
            as revenue,
        visits.change
    from visits

)

select * from final
