-- Aggregated paths as text after `path_transforms`; empty where no step is
-- left.
with

transformed as (

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

counted as (

    select
        paths.conversions,
        paths.non_conversions,
        paths.revenue,
        coalesce(transformed.path, '') as path
    from {{ ref('stg_path_counts') }} as paths
    left join transformed on paths.path = transformed.raw_path

),

final as (

    select
        path,
        cast(sum(conversions) as bigint) as conversions,
        cast(sum(non_conversions) as bigint) as non_conversions,
        cast(coalesce(sum(revenue), 0) as numeric(18, 2)) as revenue
    from counted
    group by path

)

select * from final
