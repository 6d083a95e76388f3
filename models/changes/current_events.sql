{{ config(materialized='ephemeral') }}

-- Change 7: the valid events of the journeys that are built anew. Of days that
-- did not change `unchanged_events` has them; where a customer is to be read
-- anew, and where every customer is rebuilt, all come from staging.
-- depends_on: {{ ref('changed_customers') }}
{% set all_anew = rebuilds_every_customer() %}
{% set rebuilt = 'customer_id in (select customer_id from '
    ~ ref('changed_customers') ~ ' where ' %}
{% set anew = [rebuilt ~ 'is_read_anew)']
    if not all_anew and some_read_anew() else [] %}
{% set of_days = rebuilt ~ 'not is_read_anew) and ' %}

with

final as (

    {% for table, event_at, customer in [
        ('touches', 'touched_at', ['customer_id', 'raw_customer_id']),
        ('conversions', 'converted_at', ['customer_id']),
    ] %}
    {% for condition in (
        [lies_in_slice(*customer)] if all_anew
        else [of_days ~ lies_on_changed_day(table, event_at)] + anew
    ) %}
    select {{ event_columns(table) }}
    from {{ ref('stg_' ~ table) }}
    where {{ condition }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
    {% if not loop.last %}union all{% endif %}
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
