{{ config(materialized='ephemeral') }}

-- Change 7: the valid events of the customers whose journeys are built anew.
-- Of days that did not change `unchanged_events` has them; where a customer is
-- to be read anew, and where every customer is rebuilt, all come from staging.
-- depends_on: {{ ref('changed_customers') }}
{% set all_anew = rebuilds_every_customer() %}
{% set rebuilt = 'customer_id in (select customer_id from '
    ~ ref('changed_customers') ~ ' where ' %}
{% set anew = [rebuilt ~ 'is_read_anew)']
    if not all_anew and some_read_anew() else [] %}
{% set of_days = rebuilt ~ 'not is_read_anew) and ' %}

with

final as (

    {% for condition in (
        [lies_in_slice('customer_id', 'raw_customer_id')] if all_anew
        else [of_days ~ lies_on_changed_day('touches', 'touched_at')] + anew
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
        else [of_days ~ lies_on_changed_day('conversions', 'converted_at')]
        + anew
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
    {% if not all_anew %}

    union all

    select
        customer_id,
        event_at,
        is_conversion,
        event_id,
        market,
        touchpoint,
        conversion_type,
        revenue,
        row_hash
    from {{ ref('unchanged_events') }}
    {% endif %}

)

select * from final
