with

final as (

    select
        touch_id,
        customer_id,
        raw_customer_id,
        touched_at,
        channel,
        campaign,
        market,
        interaction,
        cost,
        touchpoint,
        row_hash
    from {{ ref('stg_touches_checked') }}
    where rejection_reason is null

)

select * from final
