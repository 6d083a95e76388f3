-- Change 4: ids that more than one row of their raw table has, or had: of their
-- rows staging keeps one. Only the ids of changed events are looked up anew, by
-- their hashes, among the raw rows of the days that changed and the events that
-- are built from all others; copies of those that were rejected are known from
-- before. An id that is repeated no more does no harm here, nor one that only
-- has the hash of another.
-- depends_on: {{ ref('changed_events') }}, {{ ref('changed_inputs') }}
{% set before = none if rebuilds_every_customer()
    else built_before('repeated_ids') %}

with

{% if before is not none %}
changed as (

    select
        source_table,
        event_id,
        {{ id_hash('event_id') }} as id_hash
    from {{ ref('changed_events') }}

),

built as (

    select
        id_hash,
        event_at,
        is_conversion
    from {{ built_before('journey_events') }}
    where id_hash in (select changed.id_hash from changed)

),

{% endif %}
{% for table, key, rows, event_at, side in [
    ('touches', 'touch_id', 'stg_touches_raw', 'touched_at', 'not'),
    ('conversions', 'conversion_id', 'stg_conversions_typed',
        'converted_at', ''),
] %}
{{ table }}_rows as (

    select
        {{ key }} as event_id,
        {{ event_at }} as event_at
    from {{ ref(rows) }}

),

{{ table }} as (

    {% if before is none %}
    select event_id from {{ table }}_rows
    group by event_id
    having event_id is not null and count(*) > 1
    {% else %}
    select event_id from changed
    where
        source_table = '{{ table }}'
        and id_hash in (
            select copies.id_hash
            from (
                select {{ id_hash('event_id') }} as id_hash
                from {{ table }}_rows
                where
                    {{ lies_on_changed_day(table, 'event_at') }}
                    and {{ id_hash('event_id') }} in (
                        select changed.id_hash from changed
                    )

                union all

                select id_hash from built
                where
                    {{ side }} is_conversion
                    and not {{ lies_on_changed_day(table, 'event_at') }}
            ) as copies
            group by copies.id_hash
            having count(*) > 1
        )
    {% endif %}

),

{% endfor %}
final as (

    {% for table in ['touches', 'conversions'] %}
    select
        '{{ table }}' as source_table,
        event_id
    from {{ table }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
    {% if before is not none %}
    union
    select
        source_table,
        event_id
    from {{ before }}
    {% endif %}

)

select * from final
