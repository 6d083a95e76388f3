-- Step 5: journeys as people read them, with the path as text.
with

outcomes as (

    select * from {{ ref('journey_outcomes') }}

),

paths as (

    select
        journey_id,
        {{ dbt.listagg(
            measure='step_name',
            delimiter_text="' > '",
            order_by_clause='order by step'
        ) }} as path
    from {{ ref('path_steps') }}
    group by journey_id

),

final as (

    select
        outcomes.journey_id,
        outcomes.customer_id,
        outcomes.market,
        outcomes.started_at,
        outcomes.ended_at,
        outcomes.outcome,
        outcomes.conversion_id,
        outcomes.conversion_type,
        outcomes.revenue,
        outcomes.touch_count,
        coalesce(paths.path, '') as path,
        cast({{ run_id() }} as text) as run_id
    from outcomes
    left join paths on outcomes.journey_id = paths.journey_id

)

select * from final
