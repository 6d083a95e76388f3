{{ config(materialized='ephemeral') }}

-- Change 6: of days that did not change, the valid events of the customers
-- whose journeys are built anew and who are not read anew. They are taken from
-- the rows of `journey_events` that go, which is far less than all raw rows;
-- those with the id of an event that changed from all rows with that id, for
-- another one of them may be kept now.
{% set not_read_anew = 'customer_id in (select customer_id from '
    ~ ref('changed_customers') ~ ' where not is_read_anew)' %}
{% set events_before = rows_before(built_before('journey_events')) %}

with

ids as (

    select
        event_id,
        source_table = 'conversions' as is_conversion
    from {{ ref('changed_copies') }}

),

copies as (

    {% for table, key, event_at, are in [
        ('touches', 'touch_id', 'touched_at', 'not'),
        ('conversions', 'conversion_id', 'converted_at', ''),
    ] %}
    select {{ event_columns(table) }}
    from {{ ref('stg_' ~ table ~ '_copies') }}
    where
        copy_number = 1
        and broken_rule is null
        and {{ key }} in (
            select ids.event_id from ids
            where {{ are }} ids.is_conversion
        )
        and not {{ lies_on_changed_day(table, event_at) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

final as (

    select * from copies
    where {{ not_read_anew }}
    {% if events_before is not none %}

    union all

    select
        customer_id,
        event_at,
        is_conversion,
        event_id,
        coalesce(event_market, market) as market,
        touchpoint,
        conversion_type,
        case when is_conversion then revenue end as revenue,
        row_hash
    from {{ events_before }} as events
    where
        is_replaced
        and {{ not_read_anew }}
        and not exists (
            select 1 from ids
            where
                ids.event_id = events.event_id
                and ids.is_conversion = events.is_conversion
        )
        and not case
            when is_conversion
                then {{ lies_on_changed_day('conversions', 'event_at') }}
            else {{ lies_on_changed_day('touches', 'event_at') }}
        end
    {% endif %}

)

select * from final
