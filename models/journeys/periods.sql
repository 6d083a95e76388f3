-- Step 7: which periods the models may learn from. A period at the edge of the
-- data is not complete: part of it was not recorded, or too many of its touches
-- lie in journeys that are still open, so that those closed so far are mostly
-- the converted ones. Spend is booked at once, so its periods are complete
-- earlier.
{% set open_share_allowed = 0.01 %}

with

event_bounds as (

    select
        min(event_at) as first_at,
        max(event_at) as last_at
    from {{ ref('journey_events') }}

),

spend_bounds as (

    select
        min(spend_date) as first_on,
        max(spend_date) as last_on
    from {{ ref('stg_spend') }}

),

touches as (

    select * from {{ ref('period_touches') }}

),

starts as (

    select period_start from touches
    union
    select {{ period_start('spend_date') }} as period_start
    from {{ ref('stg_spend') }}

),

bounded as (

    select
        period_start,
        cast({{ dbt.dateadd(var('period'), 1, 'period_start') }} as date)
            as next_start
    from starts

),

final as (

    select
        bounded.period_start,
        cast(coalesce(touches.touches, 0) as bigint) as touches,
        cast(coalesce(touches.open_touches, 0) as bigint) as open_touches,
        coalesce(
            cast(event_bounds.first_at as date) <= bounded.period_start
            and touches.open_touches
            <= {{ open_share_allowed }} * touches.touches
            and event_bounds.last_at >= {{ dbt.dateadd(
                'day', var('journey_inactivity_days'), 'bounded.next_start'
            ) }},
            false
        ) as is_complete,
        coalesce(
            spend_bounds.first_on <= bounded.period_start
            and spend_bounds.last_on >= {{ dbt.dateadd(
                'day', -1, 'bounded.next_start'
            ) }},
            false
        ) as is_spend_complete,
        cast({{ run_id() }} as text) as run_id
    from bounded
    left join touches on bounded.period_start = touches.period_start
    cross join event_bounds
    cross join spend_bounds

)

select * from final
