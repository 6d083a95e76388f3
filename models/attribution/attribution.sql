{{ config(indexes=indexes_for_reports([['method', 'period_start']])) }}

-- Conversions and revenue by method, period of the conversion, market and
-- touchpoint, beside what was spent there in that period.
with

credits as (

    select
        touch_attribution.method,
        {{ period_start(
            local_time('journeys.ended_at', 'markets.time_zone')
        ) }} as period_start,
        journeys.market,
        coalesce(steps.touchpoint, '(unattributed)') as touchpoint,
        touch_attribution.credit as conversions,
        touch_attribution.revenue,
        cast(0 as numeric(18, 2)) as spend
    from {{ ref('touch_attribution') }} as touch_attribution
    inner join {{ ref('journeys') }} as journeys
        on touch_attribution.conversion_id = journeys.conversion_id
    left join {{ ref('markets') }} as markets
        on journeys.market = markets.market
    left join {{ ref('path_steps') }} as steps
        on touch_attribution.touch_id = steps.touch_id and steps.is_converted

),

spends as (

    {% for method in var('attribution_list') %}
    select
        cast('{{ method }}' as text) as method,
        period_start,
        market,
        touchpoint,
        cast(0 as double precision) as conversions,
        cast(0 as double precision) as revenue,
        spend
    from {{ ref('touchpoint_periods') }}
    where spend > 0
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

summed as (

    select
        method,
        period_start,
        market,
        touchpoint,
        cast(sum(conversions) as double precision) as conversions,
        cast(sum(revenue) as double precision) as revenue,
        cast(sum(spend) as numeric(18, 2)) as spend
    from (
        select * from credits
        union all
        select * from spends
        union all
        select
            method,
            cast(null as date) as period_start,
            {{ market('null') }} as market,
            touchpoint,
            conversions,
            revenue,
            0 as spend
        from {{ ref('path_count_attribution') }}
    ) as facts
    group by method, period_start, market, touchpoint

),

final as (

    select
        method,
        period_start,
        market,
        touchpoint,
        conversions,
        revenue,
        cast(null as double precision) as low,
        cast(null as double precision) as high,
        spend,
        case when spend > 0 then revenue / cast(spend as double precision) end
            as roas,
        case
            when conversions > 0 and spend > 0
                then cast(spend as double precision) / conversions
        end as cpa,
        cast({{ run_id() }} as text) as run_id
    from summed

)

select * from final
