{{ config(materialized='table') }}

-- depends_on: {{ ref('raw_validation') }}
with

final as (

    select
        sales_date,
        market,
        orders,
        revenue,
        case
            when sales_date is null
                then 'sales_date is missing or cannot be read'
            when orders is null then 'orders is missing or cannot be read'
            when orders < 0 then 'orders is negative'
        end as rejection_reason
    from {{ ref('stg_sales_typed') }}

)

select * from final
