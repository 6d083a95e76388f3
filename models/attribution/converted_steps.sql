{{ config(materialized='view') }}

-- The steps of converted journeys with what the attribution methods weigh.
with

journeys as (

    select
        journey_id,
        conversion_id,
        conversion_type,
        coalesce(revenue, 0) as revenue
    from {{ ref('journeys') }}
    where outcome = 'converted'

),

steps as (

    select * from {{ ref('path_steps') }}
    where is_converted

),

weights as (

    select * from {{ ref('markov_weights') }}

),

final as (

    select
        journeys.conversion_id,
        journeys.conversion_type,
        steps.touch_id,
        steps.step,
        weights.weight as markov_weight,
        journeys.revenue,
        count(*) over (partition by steps.journey_id) as steps
    from journeys
    inner join steps on journeys.journey_id = steps.journey_id
    left join weights on steps.touchpoint = weights.touchpoint

)

select * from final
