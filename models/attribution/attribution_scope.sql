-- Of what share of all sales the other tables speak at all. Without a sales
-- table the totals, and with them the share, are unknown: null, never guessed.
with

facts as (

    select
        {{ period_start(
            local_time('journeys.ended_at', 'markets.time_zone')
        ) }} as period_start,
        journeys.market,
        1 as tracked_orders,
        case when journeys.step_count = 0 then 0 else 1 end
            as attributed_orders,
        coalesce(journeys.revenue, 0) as tracked_revenue,
        null as total_orders,
        null as total_revenue
    from {{ ref('journeys') }} as journeys
    left join {{ ref('markets') }} as markets
        on journeys.market = markets.market
    where journeys.outcome = 'converted'

    union all

    select
        {{ period_start('sales_date') }} as period_start,
        market,
        0 as tracked_orders,
        0 as attributed_orders,
        0 as tracked_revenue,
        orders as total_orders,
        revenue as total_revenue
    from {{ ref('stg_sales') }}

),

summed as (

    select
        period_start,
        market,
        cast(sum(tracked_orders) as bigint) as tracked_orders,
        cast(sum(tracked_revenue) as numeric(18, 2)) as tracked_revenue,
        cast(sum(attributed_orders) as bigint) as attributed_orders,
        cast(sum(total_orders) as bigint) as total_orders,
        cast(sum(total_revenue) as numeric(18, 2)) as total_revenue
    from facts
    group by period_start, market

),

final as (

    select
        period_start,
        market,
        tracked_orders,
        tracked_revenue,
        total_orders,
        total_revenue,
        cast(tracked_orders as double precision) / nullif(total_orders, 0)
            as tracked_share,
        cast(attributed_orders as double precision) / nullif(total_orders, 0)
            as attribution_ceiling,
        cast({{ run_id() }} as text) as run_id
    from summed

)

select * from final
