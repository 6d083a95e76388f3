{{ config(materialized='table') }}

-- depends_on: {{ ref('raw_validation') }}
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
        touchpoint,
        case
            when spend_date is null
                then 'spend_date is missing or cannot be read'
            when channel is null then 'channel is missing'
            when spend is null then 'spend is missing or cannot be read'
            when spend < 0 then 'spend is negative'
            when {{ has_reserved_name('touchpoint') }}
                then 'channel has a name the network reserves'
        end as rejection_reason
    from {{ ref('stg_spend_typed') }}

)

select * from final
