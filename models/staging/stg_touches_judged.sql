-- depends_on: {{ ref('raw_validation') }}
-- Each touch with the first rule that it breaks by itself.
with

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
        case
            when touch_id is null then 'touch_id is missing'
            when customer_id is null then 'customer_id is missing'
            when touched_at is null
                then 'touched_at is missing or cannot be read'
            when touched_at > {{ dbt.dateadd('day', 1, run_time()) }}
                then 'touched_at lies in the future'
            when channel is null then 'channel is missing'
            when {{ has_reserved_name('touchpoint') }}
                then 'channel has a name the network reserves'
        end as broken_rule
    from {{ ref('stg_touches_typed') }}

)

select * from final
