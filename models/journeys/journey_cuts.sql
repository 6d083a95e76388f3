{{ config(materialized='ephemeral') }}

-- Step 2: the events of a customer cut into journeys. A journey ends with a
-- conversion, and before a gap longer than `journey_inactivity_days`.
{% set inactivity = var('journey_inactivity_days') %}

{% set of_end = {
    'event_at': 'timestamp',
    'is_conversion': 'boolean',
    'revenue': 'numeric(18, 2)',
    'market': 'text',
} %}

with

cut as (

    select
        *,
        -- which is null behind a conversion, and at the first event
        previous_touchpoint is null
        or event_at > {{ dbt.dateadd('day', inactivity, 'previous_at') }}
            as opens_journey,
        -- the last event so far too: whether its journey is over depends on
        -- the data's end (macro `outcome`)
        is_conversion
        or next_at is null
        or next_at > {{ dbt.dateadd('day', inactivity, 'event_at') }}
            as closes_journey
    from {{ ref('event_order') }}

),

numbered as (

    select
        *,
        count(*) filter (where opens_journey) over so_far as journey_number,
        max(event_number) filter (where opens_journey) over so_far
            as first_number,
        {{ closing_event(of_end) }} as closing_event
    from cut
    window
        so_far as (
            partition by customer_id
            order by event_number
            rows between unbounded preceding and current row
        ),
        -- for macro `closing_event`
        from_here as (
            partition by customer_id
            order by event_number
            rows between current row and unbounded following
        )

),

ended as (

    select
        *,
        {{ of_closing_event(of_end, 'event_at') }} as ended_at,
        {{ of_closing_event(of_end, 'is_conversion') }} as is_converted,
        {{ of_closing_event(of_end, 'revenue') }} as journey_revenue,
        {{ of_closing_event(of_end, 'market') }} as closing_market
    from numbered

),

final as (

    select
        customer_id,
        event_at,
        is_conversion,
        event_id,
        market,
        touchpoint,
        conversion_type,
        row_hash,
        closes_journey,
        ended_at,
        is_converted,
        journey_revenue as revenue,
        case when is_converted then closing_market end as conversion_market,
        cast(journey_number as integer) as journey_number,
        event_number - first_number + 1 as position,
        not is_conversion
        and event_at >= {{ dbt.dateadd(
            'day', '-' ~ var('path_lookback_days'), 'ended_at'
        ) }} as in_lookback,
        -- of the touch before, where that is in look-back too
        case
            when not opens_journey and previous_at >= {{ dbt.dateadd(
                'day', '-' ~ var('path_lookback_days'), 'ended_at'
            ) }} then previous_touchpoint
        end as previous_touchpoint
    from ended

)

select * from final
