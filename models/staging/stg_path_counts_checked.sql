{{ config(materialized='table') }}

-- depends_on: {{ ref('raw_validation') }}
-- Each raw path with the first rule it breaks. An empty path is that of
-- journeys which no touch explains.
with

final as (

    select
        coalesce(path, '') as path,
        conversions,
        revenue,
        non_conversions,
        case
            when conversions is null
                then 'conversions is missing or cannot be read'
            when conversions < 0 then 'conversions is negative'
            when non_conversions is null
                then 'non_conversions is missing or cannot be read'
            when non_conversions < 0 then 'non_conversions is negative'
            when revenue < 0 then 'revenue is negative'
            when {{ has_reserved_step('path') }}
                then 'path has a step with a name the network reserves'
        end as rejection_reason
    from {{ ref('stg_path_counts_typed') }}

)

select * from final
