-- Raw conversions under the contract's names and types, valid or not; an alias
-- is replaced by its customer.
{% set columns = conversionflow.raw_columns('conversions') %}

with

source as (

    select * from {{ raw_rows('conversions') }}
    where {{ conversion_condition() }}

),

typed as (

    select
        {{ raw_field('conversions', 'conversion_id', 'text', columns) }},
        {{ raw_field('conversions', 'customer_id', 'text', columns) }},
        {{ raw_field('conversions', 'converted_at', 'timestamp', columns) }},
        {{ raw_field('conversions', 'revenue', 'numeric(18, 2)', columns) }},
        {{ raw_field('conversions', 'conversion_type', 'text', columns) }},
        {{ raw_field('conversions', 'market', 'text', columns) }},
        -- of all that journeys are made of
        {{ row_hash('conversions', [
            'conversion_id', 'customer_id', 'converted_at', 'revenue',
            'conversion_type', 'market',
        ], columns) }} as row_hash
    from source

),

final as (

    select
        typed.conversion_id,
        coalesce(
            aliases.resolved_customer_id, typed.customer_id
        ) as customer_id,
        typed.customer_id as raw_customer_id,
        typed.converted_at,
        {{ reporting_money('typed.revenue', 'markets.exchange_rate') }}
            as revenue,
        typed.conversion_type,
        {{ market('typed.market') }} as market,
        typed.row_hash
    from typed
    left join {{ ref('stg_customer_aliases') }} as aliases
        on typed.customer_id = aliases.customer_id
    left join {{ ref('markets') }} as markets
        on {{ market('typed.market') }} = markets.market

)

select * from final
