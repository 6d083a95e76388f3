-- The channel of every source, medium and campaign that touches come with:
-- the first rule of the seed that fits. Touches that name their channel
-- themselves take no part.
with

sources as (

    select
        coalesce(source, '') as source,
        coalesce(medium, '') as medium,
        coalesce(campaign, '') as campaign,
        count(*) as touches
    from {{ ref('stg_touches_raw') }}
    where
        channel is null
        and (source is not null or medium is not null)
    group by 1, 2, 3

),

rules as (

    select * from {{ ref('channel_mapping') }}

),

candidates as (

    select
        sources.source,
        sources.medium,
        sources.campaign,
        sources.touches,
        rules.channel,
        row_number() over (
            partition by sources.source, sources.medium, sources.campaign
            order by rules.priority
        ) as candidate
    from sources
    left join rules
        on
            lower(sources.source) like lower(coalesce(rules.source, '%'))
            and lower(sources.medium) like lower(coalesce(rules.medium, '%'))
            and lower(sources.campaign) like lower(
                coalesce(rules.campaign, '%')
            )

),

final as (

    select
        source,
        medium,
        campaign,
        cast(touches as bigint) as touches,
        coalesce(channel, '(unassigned)') as channel,
        channel is null as is_unassigned
    from candidates
    where candidate = 1

)

select * from final
