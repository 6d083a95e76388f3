-- Step 7: how often each path was taken, and with what outcome, by closed
-- journeys. Where only some customers changed, their paths change the counts
-- as they stand.
with

paths as (

    select
        path,
        case when outcome = 'converted' then change else 0 end as conversions,
        case when outcome = 'lost' then change else 0 end as non_conversions,
        revenue
    from {{ ref('counted_paths') }}

    union all

    select
        path,
        conversions,
        non_conversions,
        revenue
    from {{ this if adds_to_counts('path_summary')
        else ref('path_count_paths') }}

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
    having sum(conversions + non_conversions) > 0

)

select * from final
