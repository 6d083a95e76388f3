{{ config(materialized='table') }}

-- The conversions whose id more than one row has, or had, each with its place
-- among them: the earliest valid one is first. They are few, and whoever asks
-- for some conversions need not look for their copies among all.
with

repeated as (

    select event_id from {{ ref('repeated_ids') }}
    where source_table = 'conversions'

),

final as (

    select
        conversion_id,
        customer_id,
        converted_at,
        revenue,
        conversion_type,
        market,
        row_hash,
        broken_rule,
        cast(row_number() over (
            partition by conversion_id
            order by
                case when broken_rule is null then 0 else 1 end,
                converted_at,
                -- of the row, or another copy might be kept for an alias
                {{ bytewise('raw_customer_id') }},
                revenue,
                {{ bytewise('market') }},
                {{ bytewise('conversion_type') }}
        ) as integer) as copy_number
    from {{ ref('stg_conversions_judged') }}
    where conversion_id in (select repeated.event_id from repeated)

)

select * from final
