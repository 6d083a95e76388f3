-- How often each path was taken, and with what outcome, by closed journeys.
with

paths as (

    select
        path,
        case when outcome = 'converted' then 1 else 0 end as conversions,
        case when outcome = 'lost' then 1 else 0 end as non_conversions,
        revenue
    from {{ ref('journeys') }}
    where outcome <> 'open'

    union all

    select
        path,
        conversions,
        non_conversions,
        revenue
    from {{ ref('path_count_paths') }}

),

final as (

    select
        path,
        cast(sum(conversions) as bigint) as conversions,
        cast(sum(non_conversions) as bigint) as non_conversions,
        cast(coalesce(sum(revenue), 0) as numeric(18, 2)) as revenue,
        cast({{ run_id() }} as text) as run_id
    from paths
    group by path

)

select * from final
