-- Change 4: ids that more than one row of their raw table has, or had: of their
-- rows staging keeps one. Only the ids of changed events are looked up anew; an
-- id that is repeated no more does no harm here.
-- depends_on: {{ ref('changed_events') }}
{% set before = none if rebuilds_every_customer()
    else built_before('repeated_ids') %}

with

repeated as (

    {% for table, key, rows in [
        ('touches', 'touch_id', 'stg_touches_raw'),
        ('conversions', 'conversion_id', 'stg_conversions_typed'),
    ] %}
    select
        '{{ table }}' as source_table,
        {{ key }} as event_id
    from {{ ref(rows) }}
    {% if before is not none %}
    where {{ key }} in (
        select event_id from {{ ref('changed_events') }}
        where source_table = '{{ table }}'
    )
    {% endif %}
    group by {{ key }}
    having {{ key }} is not null and count(*) > 1
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

final as (

    select
        source_table,
        event_id
    from repeated
    {% if before is not none %}
    union
    select
        source_table,
        event_id
    from {{ before }}
    {% endif %}

)

select * from final
