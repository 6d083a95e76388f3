-- Change 3: of the days that changed, the events that came, and those that are
-- gone: a corrected one is both, and so is one of which there are more or fewer
-- rows than are built. No rows where every customer is rebuilt.
-- depends_on: {{ ref('changed_inputs') }}
{% set tables = {
    'touches': {'key': 'touch_id', 'time': 'touched_at', 'is': 'not'},
    'conversions': {'key': 'conversion_id', 'time': 'converted_at', 'is': ''},
} %}
{% set all_anew = rebuilds_every_customer() %}

with

present as (

    {% for table, names in tables.items() %}
    select
        '{{ table }}' as source_table,
        {{ names.key }} as event_id,
        customer_id,
        row_hash,
        count(*) as copies
    from {{ ref('stg_' ~ table ~ '_judged') }}
    where
        broken_rule is null
        and {{ lies_on_changed_day(table, names.time) if not all_anew
            else '1 = 0' }}
    group by 1, 2, 3, 4
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

built as (

    {% for table, names in tables.items() %}
    {% if all_anew or not execute %}
    select * from present
    where 1 = 0
    {% else %}
    select
        '{{ table }}' as source_table,
        event_id,
        customer_id,
        row_hash,
        count(*) as copies
    from {{ built_before('journey_events') }}
    where
        {{ names.is }} is_conversion
        and {{ lies_on_changed_day(table, 'event_at') }}
    group by 1, 2, 3, 4
    {% endif %}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

final as (

    select
        coalesce(present.source_table, built.source_table) as source_table,
        coalesce(present.event_id, built.event_id) as event_id,
        coalesce(present.customer_id, built.customer_id) as customer_id
    from present
    full outer join built
        on
            present.source_table = built.source_table
            and present.event_id = built.event_id
            and present.row_hash = built.row_hash
            and present.copies = built.copies
    where present.event_id is null or built.event_id is null

)

select * from final
