-- Raw touches under the contract's names and types; nothing is left out but
-- the rows of an events table that are not touches.
{% set fields = {
    'touch_id': 'text',
    'customer_id': 'text',
    'touched_at': 'timestamp',
    'channel': 'text',
    'source': 'text',
    'medium': 'text',
    'campaign': 'text',
    'market': 'text',
    'interaction': 'text',
    'cost': 'numeric(18, 2)',
} %}
{% set columns = conversionflow.raw_columns('touches') %}

with

source as (

    select * from {{ raw_rows('touches') }}
    where {{ touch_condition() }}

),

final as (

    select
        {% for field, type in fields.items() %}
        {{ raw_field('touches', field, type, columns) }},
        {% endfor %}
        -- of all that journeys are made of
        {{ row_hash('touches', [
            'touch_id', 'customer_id', 'touched_at', 'channel', 'source',
            'medium', 'campaign', 'market',
        ], columns) }} as row_hash
    from source

)

select * from final
