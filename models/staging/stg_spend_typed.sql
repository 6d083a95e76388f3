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
        spend_date,
        channel,
        campaign,
        {{ market('market') }} as market,
        spend,
        impressions,
        clicks,
        {{ touchpoint('channel', 'campaign') }} as touchpoint
    from typed

)

select * from final
