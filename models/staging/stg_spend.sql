with

final as (

    select
        spend_date,
        channel,
        campaign,
        market,
        spend,
        impressions,
        clicks,
        touchpoint
    from {{ ref('stg_spend_checked') }}
    where rejection_reason is null

)

select * from final
