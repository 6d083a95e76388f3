with

final as (

    select
        conversion_id,
        customer_id,
        converted_at,
        revenue,
        conversion_type,
        market,
        row_hash
    from {{ ref('stg_conversions_checked') }}
    where rejection_reason is null

)

select * from final
