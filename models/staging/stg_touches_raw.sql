-- Raw touches under the contract's names and types; nothing is left out but
-- the rows of an events table that are not touches.
with

source as (

    select * from {{ raw_rows('touches') }}
    where {{ touch_condition() }}

),

final as (

    select
        {{ raw_field('touches', 'touch_id', 'text') }},
        {{ raw_field('touches', 'customer_id', 'text') }},
        {{ raw_field('touches', 'touched_at', 'timestamp') }},
        {{ raw_field('touches', 'channel', 'text') }},
        {{ raw_field('touches', 'source', 'text') }},
        {{ raw_field('touches', 'medium', 'text') }},
        {{ raw_field('touches', 'campaign', 'text') }},
        {{ raw_field('touches', 'market', 'text') }},
        {{ raw_field('touches', 'interaction', 'text') }},
        {{ raw_field('touches', 'cost', 'numeric(18, 2)') }}
    from source

)

select * from final
