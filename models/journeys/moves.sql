{{ config(materialized='view') }}

-- Step 6: closed journeys as moves through the network: from `(start)` to the
-- first step, from each step to the next, from the last to `(conversion)` or
-- `(null)`. A move happens at the touch it departs from, on the market's clock.
with

journeys as (

    select
        journey_id,
        market,
        time_zone,
        started_at,
        revenue,
        case outcome
            when 'converted' then '(conversion)' else '(null)'
        end as end_state
    from {{ ref('journey_outcomes') }}
    where outcome <> 'open'

),

steps as (

    select * from {{ ref('path_steps') }}

),

departures as (

    select
        journeys.journey_id,
        journeys.market,
        {{ local_time('steps.touched_at', 'journeys.time_zone') }} as moved_at,
        steps.touchpoint as touchpoint_from,
        coalesce(steps.next_touchpoint, journeys.end_state) as touchpoint_to,
        journeys.revenue
    from steps
    inner join journeys on steps.journey_id = journeys.journey_id

),

entries as (

    select
        journeys.journey_id,
        journeys.market,
        {{ local_time(
            'coalesce(steps.touched_at, journeys.started_at)',
            'journeys.time_zone'
        ) }} as moved_at,
        '(start)' as touchpoint_from,
        coalesce(steps.touchpoint, journeys.end_state) as touchpoint_to,
        journeys.revenue
    from journeys
    left join steps
        on journeys.journey_id = steps.journey_id and steps.step = 1

),

final as (

    select * from departures
    union all
    select * from entries

)

select * from final
