-- Every raw touch with its touchpoint, valid or not: what the row rules and
-- the raw expectations look at.
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
        touches.customer_id,
        touches.touched_at,
        coalesce(touches.channel, channels.channel) as channel,
        touches.campaign,
        {{ market('touches.market') }} as market,
        touches.interaction,
        touches.cost
    from touches
    left join channels
        on
            touches.channel is null
            and coalesce(touches.source, '') = channels.source
            and coalesce(touches.medium, '') = channels.medium
            and coalesce(touches.campaign, '') = channels.campaign

),

final as (

    select
        *,
        {{ touchpoint('channel', 'campaign') }} as touchpoint
    from mapped

)

select * from final
