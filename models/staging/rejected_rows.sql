{{ config(materialized='table') }}

{% set tables = {
    'touches': ['touch_id', 'customer_id', 'touched_at', 'channel', 'campaign', 'market'],
    'conversions': ['conversion_id', 'customer_id', 'converted_at', 'revenue', 'market'],
    'spend': ['spend_date', 'channel', 'campaign', 'market', 'spend'],
    'sales': ['sales_date', 'market', 'orders', 'revenue'],
    'customer_aliases': ['customer_id', 'canonical_customer_id'],
    'path_counts': ['path', 'conversions', 'revenue', 'non_conversions'],
    'experiments': [
        'experiment_id', 'touchpoint', 'market', 'started_on', 'ended_on',
        'spend_change', 'conversions_lift', 'lift_sd',
    ],
} %}

with

rejected as (

    {% for table, columns in tables.items() %}
    select
        cast('{{ table }}' as text) as source_table,
        coalesce(cast({{ columns[0] }} as text), '(missing)') as row_id,
        rejection_reason as reason,
        {{ row_payload(columns) }} as payload
    from {{ ref('stg_' ~ table ~ '_checked') }}
    where rejection_reason is not null
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

final as (

    select
        source_table,
        row_id,
        cast(row_number() over (
            partition by source_table, row_id
            order by {{ bytewise('payload') }}, reason
        ) as bigint) as occurrence,
        reason,
        payload,
        cast({{ run_id() }} as text) as run_id
    from rejected

)

select * from final
