with

final as (

    select
        path,
        conversions,
        revenue,
        non_conversions
    from {{ ref('stg_path_counts_checked') }}
    where rejection_reason is null

)

select * from final
