{{ config(materialized='ephemeral') }}

-- Which ids of the days that changed, and of the rows that went from them, more
-- than one row has: of the raw rows of these days, and of the events that are
-- built from all others. They are looked up by their hashes.
-- depends_on: {{ ref('changed_events') }}, {{ ref('changed_inputs') }}
{% set tables = {
    'touches': ('stg_touches_raw', 'touch_id', 'touched_at'),
    'conversions': ('stg_conversions_typed', 'conversion_id', 'converted_at'),
} %}
{% set journey_events = built_before('journey_events') %}

with

events as (

    {% for table, (rows, key, event_at) in tables.items() %}
    select
        '{{ table }}' as source_table,
        {{ key }} as event_id
    from {{ ref(rows) }}
    where {{ lies_on_changed_day(table, event_at) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

present as (

    select
        source_table,
        event_id,
        {{ id_hash('event_id') }} as id_hash
    from events
    where event_id is not null

),

wanted as (

    select
        source_table,
        event_id,
        id_hash
    from present
    union
    select
        source_table,
        event_id,
        {{ id_hash('event_id') }} as id_hash
    from {{ ref('changed_events') }}

),

counted as (

    select
        source_table,
        id_hash,
        1 as is_present,
        0 as is_built
    from present
    {% if journey_events is not none %}

    union all

    select
        case when is_conversion then 'conversions' else 'touches' end
            as source_table,
        id_hash,
        -- else its raw row is among those of the changed days
        case
            when
                is_conversion
                and {{ lies_on_changed_day('conversions', 'event_at') }}
                then 0
            when
                not is_conversion
                and {{ lies_on_changed_day('touches', 'event_at') }}
                then 0
            else 1
        end as is_present,
        1 as is_built
    from {{ journey_events }}
    where id_hash in (select wanted.id_hash from wanted)
    {% endif %}

),

copies as (

    select
        source_table,
        id_hash,
        sum(is_built) as built_copies
    from counted
    group by source_table, id_hash
    having sum(is_present) > 1

),

final as (

    select
        wanted.source_table,
        wanted.event_id,
        copies.built_copies
    from wanted
    inner join copies
        on
            wanted.source_table = copies.source_table
            and wanted.id_hash = copies.id_hash

)

select * from final
