{{ config(materialized='table') }}

-- The touches whose id more than one row has, or had, each with its place among
-- them: the earliest valid one is first. They are few, and whoever asks for
-- some touches need not look for their copies among all.
with

repeated as (

    select event_id from {{ ref('repeated_ids') }}
    where source_table = 'touches'

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
        broken_rule,
        cast(row_number() over (
            partition by touch_id
            order by
                case when broken_rule is null then 0 else 1 end,
                touched_at,
                -- of the row, or another copy might be kept for an alias
                {{ bytewise('raw_customer_id') }},
                {{ bytewise('touchpoint') }},
                {{ bytewise('market') }},
                {{ bytewise('campaign') }}
        ) as integer) as copy_number
    from {{ ref('stg_touches_judged') }}
    where touch_id in (select repeated.event_id from repeated)

)

select * from final
