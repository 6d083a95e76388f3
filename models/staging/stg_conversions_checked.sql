-- Each conversion with the first rule it breaks. Of the rows with one id the
-- earliest valid one is kept.
with

repeated as (

    select event_id from {{ ref('repeated_ids') }}
    where source_table = 'conversions'

),

numbered as (

    select
        *,
        row_number() over (
            partition by conversion_id
            order by
                case when broken_rule is null then 0 else 1 end,
                converted_at,
                {{ bytewise('customer_id') }},
                revenue,
                {{ bytewise('market') }},
                {{ bytewise('conversion_type') }}
        ) as copy_number
    from {{ ref('stg_conversions_judged') }}
    where conversion_id in (select repeated.event_id from repeated)

    union all

    select
        *,
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
