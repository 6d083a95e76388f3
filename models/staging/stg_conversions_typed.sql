-- Raw conversions under the contract's names and types, valid or not.
with

source as (

    select * from {{ raw_rows('conversions') }}
    where {{ conversion_condition() }}

),

typed as (

    select
        {{ raw_field('conversions', 'conversion_id', 'text') }},
        {{ raw_field('conversions', 'customer_id', 'text') }},
        {{ raw_field('conversions', 'converted_at', 'timestamp') }},
        {{ raw_field('conversions', 'revenue', 'numeric(18, 2)') }},
        {{ raw_field('conversions', 'conversion_type', 'text') }},
        {{ raw_field('conversions', 'market', 'text') }}
    from source

),

final as (

    select
        conversion_id,
        customer_id,
        converted_at,
        revenue,
        conversion_type,
        {{ market('market') }} as market
    from typed

)

select * from final
