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
        sales_date,
        {{ market('market') }} as market,
        orders,
        revenue
    from typed

)

select * from final
