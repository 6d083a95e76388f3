-- Aggregated paths as text after `path_transforms`; empty where no step is
-- left.
with

joined as (

    select
        raw_path,
        {{ dbt.listagg(
            measure='step_name',
            delimiter_text="' > '",
            order_by_clause='order by step'
        ) }} as path
    from {{ ref('path_count_steps') }}
    group by raw_path

),

transformed as (

    select distinct
        paths.path as raw_path,
        coalesce(joined.path, '') as path
    from {{ ref('stg_path_counts') }} as paths
    left join joined on paths.path = joined.raw_path

),

final as (

    select
        transformed.path,
        cast(sum(paths.conversions) as bigint) as conversions,
        cast(sum(paths.non_conversions) as bigint) as non_conversions,
        cast(coalesce(sum(paths.revenue), 0) as numeric(18, 2)) as revenue
    from {{ ref('stg_path_counts') }} as paths
    inner join transformed on paths.path = transformed.raw_path
    group by transformed.path

)

select * from final
