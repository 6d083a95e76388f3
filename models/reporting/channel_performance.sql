-- Each touchpoint over the whole history: what was spent, what it took part
-- in, and what the last method of `attribution_list` credits it with.
with

activity as (

    select
        touchpoint,
        cast(sum(spend) as numeric(18, 2)) as spend,
        cast(sum(entries) as bigint) as entries,
        cast(sum(touches) as bigint) as touches
    from {{ ref('touchpoint_periods') }}
    group by touchpoint

),

credit as (

    select
        touchpoint,
        method,
        cast(sum(conversions) as double precision) as conversions,
        cast(sum(revenue) as double precision) as revenue
    from {{ ref('attribution') }}
    where method = '{{ var("attribution_list")[-1] }}'
    group by touchpoint, method

),

joined as (

    select
        coalesce(activity.touchpoint, credit.touchpoint) as touchpoint,
        '{{ var("attribution_list")[-1] }}' as method,
        coalesce(activity.spend, 0) as spend,
        coalesce(activity.entries, 0) as entries,
        coalesce(activity.touches, 0) as touches,
        coalesce(credit.conversions, 0) as conversions,
        coalesce(credit.revenue, 0) as revenue
    from activity
    full outer join credit on activity.touchpoint = credit.touchpoint

),

final as (

    select
        touchpoint,
        cast(method as text) as method,
        cast(spend as numeric(18, 2)) as spend,
        cast(spend as double precision)
        / nullif(sum(cast(spend as double precision)) over (), 0)
            as spend_share,
        entries,
        touches,
        conversions,
        conversions / nullif(sum(conversions) over (), 0) as conversion_share,
        revenue,
        revenue / nullif(cast(spend as double precision), 0) as roas,
        cast(spend as double precision) / nullif(conversions, 0) as cpa,
        cast({{ run_id() }} as text) as run_id
    from joined

)

select * from final
