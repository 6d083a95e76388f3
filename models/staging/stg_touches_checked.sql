{{ config(materialized='table') }}

-- depends_on: {{ ref('raw_validation') }}
-- Each touch with the first rule it breaks. Of the rows with one id the
-- earliest valid one is kept.
with

touches as (

    select * from {{ ref('stg_touches_typed') }}

),

judged as (

    select
        *,
        case
            when touch_id is null then 'touch_id is missing'
            when customer_id is null then 'customer_id is missing'
            when touched_at is null
                then 'touched_at is missing or cannot be read'
            when touched_at > {{ dbt.dateadd('day', 1, run_time()) }}
                then 'touched_at lies in the future'
            when channel is null then 'channel is missing'
            when touchpoint in {{ reserved_touchpoints() }}
                then 'channel has a name the network reserves'
        end as broken_rule
    from touches

),

numbered as (

    select
        *,
        row_number() over (
            partition by touch_id
            order by
                case when broken_rule is null then 0 else 1 end,
                touched_at,
                customer_id,
                touchpoint
        ) as copy_number
    from judged

),

final as (

    select
        touch_id,
        customer_id,
        touched_at,
        channel,
        campaign,
        market,
        interaction,
        cost,
        touchpoint,
        coalesce(
            broken_rule,
            case when copy_number > 1 then 'touch_id is repeated' end
        ) as rejection_reason
    from numbered

)

select * from final
