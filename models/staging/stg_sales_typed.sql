-- All sales, tracked or not, under the contract's names and types; no rows
-- where the optional table is absent.
with

source as (

    select * from {{ raw_rows('sales') }}

),

typed as (

    select
        {{ raw_field('sales', 'sales_date', 'date') }},
        {{ raw_field('sales', 'market', 'text') }},
        {{ raw_field('sales', 'orders', 'bigint') }},
        {{ raw_field('sales', 'revenue', 'numeric(18, 2)') }}
    from source

),

final as (

    select
        typed.sales_date,
        {{ market('typed.market') }} as market,
        typed.orders,
        {{ reporting_money('typed.revenue', 'markets.exchange_rate') }}
            as revenue
    from typed
    left join {{ ref('markets') }} as markets
        on {{ market('typed.market') }} = markets.market

)

select * from final
