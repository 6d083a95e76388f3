-- Change 4: ids that more than one row of their raw table has, or had: of their
-- rows staging keeps one. Only the ids of changed events are looked up anew,
-- among the raw rows of the days that changed and the events that are built
-- from all others; copies of those that were rejected are known from before.
-- An id that is repeated no more does no harm here.
-- depends_on: {{ ref('changed_events') }}, {{ ref('changed_inputs') }}
{% set before = none if rebuilds_every_customer()
    else built_before('repeated_ids') %}
{% set changed_ids = '(select event_id from ' ~ ref('changed_events') ~ ')' %}

with

{% if before is not none %}
built as (

    select
        event_id,
        event_at,
        is_conversion
    from {{ built_before('journey_events') }}
    where event_id in {{ changed_ids }}

),

{% endif %}
{% for table, key, rows, event_at, side in [
    ('touches', 'touch_id', 'stg_touches_raw', 'touched_at', 'not'),
    ('conversions', 'conversion_id', 'stg_conversions_typed',
        'converted_at', ''),
] %}
{{ table }} as (

    select
        {{ key }} as event_id,
        1 as copies
    from {{ ref(rows) }}
    {% if before is not none %}
    where
        {{ lies_on_changed_day(table, event_at) }}
        and {{ key }} in {{ changed_ids }}

    union all

    select
        event_id,
        case when {{ lies_on_changed_day(table, 'event_at') }} then 0 else 1 end
            as copies
    from built
    where {{ side }} is_conversion
    {% endif %}

),

{% endfor %}
final as (

    {% for table in ['touches', 'conversions'] %}
    select
        '{{ table }}' as source_table,
        event_id
    from {{ table }}
    group by event_id
    having event_id is not null and sum(copies) > 1
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
