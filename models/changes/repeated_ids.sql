-- Change 4: ids that more than one row of their raw table has, or had: of their
-- rows staging keeps one. Only the ids of changed events are looked up anew, by
-- their hashes, among the raw rows of the days that changed and the events that
-- are built from all others; copies of those that were rejected are known from
-- before. An id that is repeated no more does no harm here, nor one that only
-- has the hash of another.
-- depends_on: {{ ref('changed_events') }}, {{ ref('changed_inputs') }}
{% set before = none if rebuilds_every_customer()
    else built_before('repeated_ids') %}
{% set tables = {
    'touches': {
        'rows': 'stg_touches_raw', 'key': 'touch_id', 'time': 'touched_at',
    },
    'conversions': {
        'rows': 'stg_conversions_typed', 'key': 'conversion_id',
        'time': 'converted_at',
    },
} %}

with

{% for table, names in tables.items() %}
{{ table }} as (

    select
        {{ names.key }} as event_id,
        {{ names.time }} as event_at
    from {{ ref(names.rows) }}

),

{% endfor %}
{% if before is none %}
final as (

    {% for table in tables %}
    select
        '{{ table }}' as source_table,
        event_id
    from {{ table }}
    group by event_id
    having event_id is not null and count(*) > 1
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

)
{% else %}
changed as (

    select
        source_table,
        event_id,
        {{ id_hash('event_id') }} as id_hash
    from {{ ref('changed_events') }}

),

copies as (

    {% for table in tables %}
    select
        '{{ table }}' as source_table,
        {{ id_hash('event_id') }} as id_hash
    from {{ table }}
    where {{ lies_on_changed_day(table, 'event_at') }}

    union all

    {% endfor %}
    select
        case when is_conversion then 'conversions' else 'touches' end
            as source_table,
        id_hash
    from {{ built_before('journey_events') }}
    where
        id_hash in (select changed.id_hash from changed)
        and not case
            when is_conversion
                then {{ lies_on_changed_day('conversions', 'event_at') }}
            else {{ lies_on_changed_day('touches', 'event_at') }}
        end

),

repeated as (

    select
        source_table,
        id_hash
    from copies
    group by source_table, id_hash
    having count(*) > 1

),

final as (

    select
        changed.source_table,
        changed.event_id
    from changed
    inner join repeated
        on
            changed.source_table = repeated.source_table
            and changed.id_hash = repeated.id_hash

    union

    select
        source_table,
        event_id
    from {{ before }}

)
{% endif %}

select * from final
