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

    select * from {{ ref('changed_copies') }}

),

copies as (

    select
        customer_id,
        touched_at as event_at,
        false as is_conversion,
        touch_id as event_id,
        market,
        touchpoint,
        cast(null as text) as conversion_type,
        cast(null as numeric(18, 2)) as revenue,
        row_hash
    from {{ ref('stg_touches_copies') }}
    where
        copy_number = 1
        and broken_rule is null
        and touch_id in (
            select ids.event_id from ids
            where ids.source_table = 'touches'
        )
        and not {{ lies_on_changed_day('touches', 'touched_at') }}

    union all

    select
        customer_id,
        converted_at as event_at,
        true as is_conversion,
        conversion_id as event_id,
        market,
        cast(null as text) as touchpoint,
        conversion_type,
        revenue,
        row_hash
    from {{ ref('stg_conversions_copies') }}
    where
        copy_number = 1
        and broken_rule is null
        and conversion_id in (
            select ids.event_id from ids
            where ids.source_table = 'conversions'
        )
        and not {{ lies_on_changed_day('conversions', 'converted_at') }}

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
                and (ids.source_table = 'conversions') = events.is_conversion
        )
        and not case
            when is_conversion
                then {{ lies_on_changed_day('conversions', 'event_at') }}
            else {{ lies_on_changed_day('touches', 'event_at') }}
        end
    {% endif %}

)

select * from final
