-- Each touch with the first rule it breaks. Of the rows with one id the
-- earliest valid one is kept.
with

repeated as (

    select event_id from {{ ref('repeated_ids') }}
    where source_table = 'touches'

),

numbered as (

    select
        touch_id,
        customer_id,
        raw_customer_id,
        touched_at,
        channel,
        campaign,
        market,
        interaction,
        cost,
        touchpoint,
        row_hash,
        broken_rule,
        copy_number
    from {{ ref('stg_touches_copies') }}

    union all

    select
        touch_id,
        customer_id,
        raw_customer_id,
        touched_at,
        channel,
        campaign,
        market,
        interaction,
        cost,
        touchpoint,
        row_hash,
        broken_rule,
        1 as copy_number
    from {{ ref('stg_touches_judged') }}
    where
        touch_id is null
        or touch_id not in (select repeated.event_id from repeated)

),

final as (

    select
        touch_id,
        customer_id,
        raw_customer_id,
        touched_at,
        channel,
        campaign,
        market,
        interaction,
        cost,
        touchpoint,
        row_hash,
        coalesce(
            broken_rule,
            case when copy_number > 1 then 'touch_id is repeated' end
        ) as rejection_reason
    from numbered

)

select * from final
