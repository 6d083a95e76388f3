{{ config(materialized='table') }}

-- Each alias with the first rule it breaks.
with

numbered as (

    select
        *,
        row_number() over (
            partition by customer_id, canonical_customer_id
        ) as copy_number
    from {{ ref('stg_customer_aliases_typed') }}

),

final as (

    select
        customer_id,
        canonical_customer_id,
        case
            when customer_id is null then 'customer_id is missing'
            when canonical_customer_id is null
                then 'canonical_customer_id is missing'
            when copy_number > 1 then 'alias is repeated'
        end as rejection_reason
    from numbered

)

select * from final
