-- Every raw touch with its touchpoint, valid or not: what the row rules and
-- the raw expectations look at. An alias is replaced by its customer; what the
-- row itself says stays beside it.
with

touches as (

    select * from {{ ref('stg_touches_raw') }}

),

channels as (

    select * from {{ ref('stg_channel_matches') }}

),

mapped as (

    select
        touches.touch_id,
        coalesce(
            aliases.resolved_customer_id, touches.customer_id
        ) as customer_id,
        touches.customer_id as raw_customer_id,
        touches.touched_at,
        coalesce(touches.channel, channels.channel) as channel,
        touches.campaign,
        {{ market('touches.market') }} as market,
        touches.interaction,
        {{ reporting_money('touches.cost', 'markets.exchange_rate') }} as cost,
        touches.row_hash
    from touches
    left join channels
        on
            touches.channel is null
            and coalesce(touches.source, '') = channels.source
            and coalesce(touches.medium, '') = channels.medium
            and coalesce(touches.campaign, '') = channels.campaign
    left join {{ ref('stg_customer_aliases') }} as aliases
        on touches.customer_id = aliases.customer_id
    left join {{ ref('markets') }} as markets
        on {{ market('touches.market') }} = markets.market

),

final as (

    select
        *,
        {{ touchpoint('channel', 'campaign') }} as touchpoint
    from mapped

)

select * from final
