-- Raw spend under the contract's names and types, valid or not; no rows where
-- the optional table is absent.
with

source as (

    select * from {{ raw_rows('spend') }}

),

typed as (

    select
        {{ raw_field('spend', 'spend_date', 'date') }},
        {{ raw_field('spend', 'channel', 'text') }},
        {{ raw_field('spend', 'campaign', 'text') }},
        {{ raw_field('spend', 'market', 'text') }},
        {{ raw_field('spend', 'spend', 'numeric(18, 2)') }},
        {{ raw_field('spend', 'impressions', 'bigint') }},
        {{ raw_field('spend', 'clicks', 'bigint') }}
    from source

),

final as (

    select
        typed.spend_date,
        typed.channel,
        typed.campaign,
        {{ market('typed.market') }} as market,
        {{ reporting_money('typed.spend', 'markets.exchange_rate') }} as spend,
        typed.impressions,
        typed.clicks,
        {{ touchpoint('typed.channel', 'typed.campaign') }} as touchpoint
    from typed
    left join {{ ref('markets') }} as markets
        on {{ market('typed.market') }} = markets.market

)

select * from final
