with

final as (

    select
        sales_date,
        market,
        orders,
        revenue
    from {{ ref('stg_sales_checked') }}
    where rejection_reason is null

)

select * from final
