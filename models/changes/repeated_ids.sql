-- Change 4: ids that more than one row of their raw table has, or had: of their
-- rows staging keeps one. Only the ids of the days that changed are looked up
-- anew; copies of rows that were rejected are known from before. An id that is
-- repeated no more does no harm, nor one that only has the hash of another.
-- Built twice is one whose second row was loaded while a build ran.
-- depends_on: {{ ref('looked_up_ids') }}
{% set before = none if rebuilds_every_customer()
    else built_before('repeated_ids') %}

with

found as (

    {% if before is none %}
    {% for table, rows, key in [
        ('touches', 'stg_touches_raw', 'touch_id'),
        ('conversions', 'stg_conversions_typed', 'conversion_id'),
    ] %}
    select
        '{{ table }}' as source_table,
        {{ key }} as event_id,
        0 as built_twice
    from {{ ref(rows) }}
    group by {{ key }}
    having {{ key }} is not null and count(*) > 1
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
    {% else %}
    select
        source_table,
        event_id,
        case when built_copies > 1 then 1 else 0 end as built_twice
    from {{ ref('looked_up_ids') }}

    union all

    select
        source_table,
        event_id,
        0 as built_twice
    from {{ before }}
    {% endif %}

),

final as (

    select
        source_table,
        event_id,
        max(built_twice) = 1 as is_built_twice
    from found
    group by source_table, event_id

)

select * from final
