{{ config(materialized='view') }}

-- Converted journeys by which touchpoints they met how often: all that the
-- Markov credit needs to know of them.
with

counted as (

    select
        journey_id,
        touchpoint,
        count(*) as touches
    from {{ ref('path_steps') }}
    where is_converted
    group by journey_id, touchpoint

),

keyed as (

    select
        journey_id,
        {{ dbt.listagg(
            measure="touchpoint || '=' || cast(touches as text)",
            delimiter_text="'|'",
            order_by_clause='order by ' ~ bytewise('touchpoint')
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

    union all

    select
        raw_path as path_id,
        touchpoint,
        count(*) as touches,
        conversions
    from {{ ref('path_count_steps') }}
    where conversions > 0
    group by raw_path, touchpoint, conversions

)

select * from final
