-- Every valid touch is in exactly one journey; every conversion ends one.
with

touches as (

    select touch_id from {{ ref('stg_touches') }}

),

journey_touches as (

    select
        touch_id,
        count(*) as journeys
    from {{ ref('journey_touches') }}
    group by touch_id

),

conversions as (

    select conversion_id from {{ ref('stg_conversions') }}

),

journeys as (

    select
        conversion_id,
        count(*) as journeys
    from {{ ref('journeys') }}
    where conversion_id is not null
    group by conversion_id

),

validation_errors as (

    select
        'touch' as kind,
        coalesce(touches.touch_id, journey_touches.touch_id) as event_id
    from touches
    full outer join journey_touches
        on touches.touch_id = journey_touches.touch_id
    where
        touches.touch_id is null
        or journey_touches.touch_id is null
        or journey_touches.journeys <> 1

    union all

    select
        'conversion' as kind,
        coalesce(conversions.conversion_id, journeys.conversion_id) as event_id
    from conversions
    full outer join journeys
        on conversions.conversion_id = journeys.conversion_id
    where
        conversions.conversion_id is null
        or journeys.conversion_id is null
        or journeys.journeys <> 1

)

select * from validation_errors
