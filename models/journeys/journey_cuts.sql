{{ config(materialized='ephemeral') }}

-- Step 2: the events of a customer cut into journeys. A journey ends with a
-- conversion, and before a gap longer than `journey_inactivity_days`.
{% set inactivity = var('journey_inactivity_days') %}

with

cut as (

    select
        *,
        -- only conversions have no touchpoint
        previous_touchpoint is null
        or event_at > {{ dbt.dateadd('day', inactivity, 'previous_at') }}
            as opens_journey,
        is_conversion
        or next_at is null
        or next_at > {{ dbt.dateadd('day', inactivity, 'event_at') }}
            as closes_journey
    from {{ ref('event_order') }}

),

numbered as (

    select
        *,
        count(case when opens_journey then 1 end) over so_far
            as journey_number,
        max(case when opens_journey then event_number end) over so_far
            as first_number,
        min(case when closes_journey then event_at end) over from_here
            as ended_at
    from cut
    window
        so_far as (
            partition by customer_id
            order by event_number
            rows between unbounded preceding and current row
        ),
        from_here as (
            partition by customer_id
            order by event_number
            rows between current row and unbounded following
        )

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
        revenue,
        row_hash,
        closes_journey,
        ended_at,
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
    from numbered

)

select * from final
