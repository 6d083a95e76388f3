{{ config(materialized='ephemeral') }}

-- Change 6: the valid events of the customers whose journeys are built anew.
-- Of days that did not change they are read from `journey_events`, which is far
-- less than all raw rows; where a customer is to be read anew, and where every
-- customer is rebuilt, all come from staging.
-- depends_on: {{ ref('changed_customers') }}
{% set all_anew = rebuilds_every_customer() %}
{% set some_anew = not all_anew and some_read_anew() %}
{% set read_anew = 'customer_id in (select customer_id from '
    ~ ref('changed_customers') ~ ' where is_read_anew)' %}
{% set kept = 'customer_id in (select customer_id from '
    ~ ref('changed_customers') ~ ' where not is_read_anew)' %}
{% set touches_changed = lies_on_changed_day('touches', 'touched_at') %}
{% set conversions_changed =
    lies_on_changed_day('conversions', 'converted_at') %}

with

{% if execute and not all_anew %}
replaced as (

    select * from {{ rows_before(built_before('journey_events')) }}
    where is_replaced

),

{% endif %}
final as (

    {% for condition in (
        [lies_in_slice('customer_id', 'raw_customer_id')] if all_anew
        else [kept ~ ' and ' ~ touches_changed]
        + ([read_anew] if some_anew else [])
    ) %}
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
    from {{ ref('stg_touches') }}
    where {{ condition }}

    union all

    {% endfor %}
    {% for condition in (
        [lies_in_slice('customer_id')] if all_anew
        else [kept ~ ' and ' ~ conversions_changed]
        + ([read_anew] if some_anew else [])
    ) %}
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
    from {{ ref('stg_conversions') }}
    where {{ condition }}
    {% if not loop.last %}

    union all

    {% endif %}
    {% endfor %}
    {% if execute and not all_anew %}

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
    from replaced
    where
        {% if some_anew %}
        not exists (
            select 1 from {{ ref('changed_customers') }} as changed
            where
                changed.is_read_anew
                and changed.customer_id = replaced.customer_id
        )
        and
        {% endif %}
        not case
            when is_conversion
                then {{ lies_on_changed_day('conversions', 'event_at') }}
            else {{ lies_on_changed_day('touches', 'event_at') }}
        end
    {% endif %}

)

select * from final
