-- Aggregated paths, where they come in place of touches: the steps of each
-- distinct path after `path_transforms`, with what it counts for.
with

paths as (

    select
        path,
        -- macro `marked_steps` wants journeys: each distinct path is one
        cast(path as text) as customer_id,
        1 as journey_number,
        sum(conversions) as conversions,
        coalesce(sum(revenue), 0) as revenue,
        sum(non_conversions) as non_conversions
    from {{ ref('stg_path_counts') }}
    group by path

),

touches as (

    {{ path_elements('paths') }}

),

{{ marked_steps('touches', channel_condition('touchpoint'), none) }},

final as (

    select
        path as raw_path,
        touchpoint,
        step_name,
        cast(conversions as bigint) as conversions,
        cast(revenue as numeric(18, 2)) as revenue,
        cast(non_conversions as bigint) as non_conversions,
        cast(row_number() over path_so_far as bigint) as step,
        count(*) over (partition by path) as steps,
        lead(touchpoint) over path_so_far as next_touchpoint
    from marked
    where is_step
    window path_so_far as (partition by path order by position)

)

select * from final
