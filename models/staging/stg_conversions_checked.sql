-- Each conversion with the first rule it breaks. Of the rows with one id the
-- earliest valid one is kept.
with

repeated as (

    select event_id from {{ ref('repeated_ids') }}
    where source_table = 'conversions'

),

numbered as (

    select
        conversion_id,
        customer_id,
        converted_at,
        revenue,
        conversion_type,
        market,
        row_hash,
        broken_rule,
        copy_number
    from {{ ref('stg_conversions_copies') }}

    union all

    select
        conversion_id,
        customer_id,
        converted_at,
        revenue,
        conversion_type,
        market,
        row_hash,
        broken_rule,
        1 as copy_number
    from {{ ref('stg_conversions_judged') }}
    where
        conversion_id is null
        or conversion_id not in (select repeated.event_id from repeated)

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
        coalesce(
            broken_rule,
            case when copy_number > 1 then 'conversion_id is repeated' end
        ) as rejection_reason
    from numbered

)

select * from final
