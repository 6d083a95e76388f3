-- Raw customer aliases under the contract's names and types; no rows where
-- the optional table is absent.
with

source as (

    select * from {{ raw_rows('customer_aliases') }}

),

final as (

    select
        {{ raw_field('customer_aliases', 'customer_id', 'text') }},
        {{ raw_field('customer_aliases', 'canonical_customer_id', 'text') }}
    from source

)

select * from final
