with

final as (

    select
        conversion_id,
        customer_id,
        converted_at,
        revenue,
        conversion_type,
        market
    from {{ ref('stg_conversions_checked') }}
    where rejection_reason is null

)

select * from final
