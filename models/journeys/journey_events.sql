-- Step 1: every valid touch and conversion of a customer in time order, cut
-- into journeys. A journey ends with a conversion, and before a gap longer
-- than `journey_inactivity_days`. At one instant a touch precedes a conversion.
with

events as (

    select
        customer_id,
        touched_at as event_at,
        0 as event_kind,
        touch_id as event_id,
        market,
        touchpoint,
        cast(null as text) as conversion_type,
        cast(null as numeric(18, 2)) as revenue
    from {{ ref('stg_touches') }}

    union all

    select
        customer_id,
        converted_at as event_at,
        1 as event_kind,
        conversion_id as event_id,
        market,
        null as touchpoint,
        conversion_type,
        revenue
    from {{ ref('stg_conversions') }}

),

ordered as (

    select
        *,
        lag(event_at) over customer_history as previous_at,
        lag(event_kind) over customer_history as previous_kind,
        row_number() over customer_history as event_number
    from events
    window customer_history as (
        partition by customer_id
        order by event_at, event_kind, event_id
    )

),

opened as (

    select
        *,
        case
            when previous_at is null or previous_kind = 1 then 1
            when event_at > {{ dbt.dateadd(
                'day', var('journey_inactivity_days'), 'previous_at'
            ) }} then 1
            else 0
        end as opens_journey
    from ordered

),

numbered as (

    select
        *,
        sum(opens_journey) over history_so_far as journey_number,
        max(
            case when opens_journey = 1 then event_number end
        ) over history_so_far as opening_number
    from opened
    window history_so_far as (
        partition by customer_id
        order by event_number
        rows between unbounded preceding and current row
    )

),

final as (

    select
        customer_id,
        event_at,
        event_kind,
        event_id,
        opens_journey,
        market,
        touchpoint,
        conversion_type,
        revenue,
        cast(event_number - opening_number + 1 as bigint) as position,
        customer_id || ':' || cast(journey_number as text) as journey_id
    from numbered

)

select * from final
