{{ config(materialized='table') }}

-- Whose events are whose: each alias with the customer at the end of its chain
-- of aliases. Chains that end nowhere were refused before the build
-- (macro check_customer_aliases).
with recursive

aliases as (

    select
        customer_id,
        canonical_customer_id
    from {{ ref('stg_customer_aliases_checked') }}
    where rejection_reason is null

),

resolved as (

    {{ resolved_aliases('aliases', 'resolved') }}

),

final as (

    select
        aliases.customer_id,
        aliases.canonical_customer_id,
        coalesce(
            resolved.resolved_customer_id, aliases.customer_id
        ) as resolved_customer_id
    from aliases
    left join resolved on aliases.customer_id = resolved.customer_id

)

select * from final
