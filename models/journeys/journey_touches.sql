-- Step 3: every valid touch in its one journey. Touches older than
-- `path_lookback_days` before the journey's end stay, without credit.
with

touches as (

    select * from {{ ref('journey_events') }}
    where event_kind = 0

),

outcomes as (

    select * from {{ ref('journey_outcomes') }}

),

final as (

    select
        touches.journey_id,
        touches.position,
        touches.event_id as touch_id,
        touches.touchpoint,
        outcomes.market,
        touches.event_at as touched_at,
        case
            when outcomes.outcome = 'converted'
                then {{ hours_between(
                    'touches.event_at', 'outcomes.ended_at'
                ) }}
        end as hours_to_conversion,
        touches.event_at >= {{ dbt.dateadd(
            'day', '-' ~ var('path_lookback_days'), 'outcomes.ended_at'
        ) }} as in_lookback,
        cast({{ run_id() }} as text) as run_id
    from touches
    inner join outcomes on touches.journey_id = outcomes.journey_id

)

select * from final
