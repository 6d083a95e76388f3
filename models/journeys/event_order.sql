{{ config(materialized='ephemeral') }}

-- Step 1: the valid touches and conversions of a customer in time order, each
-- beside the event before it and the time of the one after. At one instant a
-- touch precedes a conversion. Valid are those that `stg_touches` and
-- `stg_conversions` keep; times are UTC. A batch has only the events of the
-- journeys that it replaces and those that came: numbers begin at 1 here, and
-- `journey_events` goes on behind the journeys that stay.
with

events as (

    select
        customer_id,
        event_at,
        is_conversion,
        event_id,
        market,
        touchpoint,
        conversion_type,
        revenue,
        row_hash
    from {{ ref('current_events') }}

),

final as (

    select
        *,
        cast(row_number() over customer_history as integer) as event_number,
        lag(event_at) over customer_history as previous_at,
        lag(touchpoint) over customer_history as previous_touchpoint,
        lead(event_at) over customer_history as next_at
    from events
    window customer_history as (
        partition by customer_id
        order by event_at, is_conversion, {{ bytewise('event_id') }}
    )

)

select * from final
