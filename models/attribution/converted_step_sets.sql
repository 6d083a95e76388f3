{{ config(materialized='view') }}

-- Converted journeys by which touchpoints they met how often: all that the
-- Markov credit needs to know of them.
with

counted as (

    select
        steps.journey_id,
        steps.touchpoint,
        count(*) as touches
    from {{ ref('path_steps') }} as steps
    inner join {{ ref('journey_outcomes') }} as outcomes
        on steps.journey_id = outcomes.journey_id
    where outcomes.outcome = 'converted'
    group by steps.journey_id, steps.touchpoint

),

keyed as (

    select
        journey_id,
        {{ dbt.listagg(
            measure="touchpoint || '=' || cast(touches as text)",
            delimiter_text="'|'",
            order_by_clause='order by touchpoint'
        ) }} as path_id
    from counted
    group by journey_id

),

final as (

    select
        keyed.path_id,
        counted.touchpoint,
        counted.touches,
        cast(count(*) as bigint) as conversions
    from counted
    inner join keyed on counted.journey_id = keyed.journey_id
    group by keyed.path_id, counted.touchpoint, counted.touches

)

select * from final
