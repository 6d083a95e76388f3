-- Change 5: whose journeys are built anew: of whom an event came or went; of
-- whom a row has the id of such an event, for staging may now keep another of
-- the two; and whom an alias joins or no longer does.
with

changed_repeated_ids as (

    select
        changed.source_table,
        changed.event_id
    from {{ ref('changed_events') }} as changed
    inner join {{ ref('repeated_ids') }} as repeated
        on
            changed.source_table = repeated.source_table
            and changed.event_id = repeated.event_id

),

aliases as (

    select * from {{ ref('changed_inputs') }}
    where input_name = 'customer_aliases'

),

found as (

    select customer_id from {{ ref('changed_events') }}
    union all
    {% for table, key in [
        ('touches', 'touch_id'), ('conversions', 'conversion_id')
    ] %}
    select events.customer_id
    from {{ ref('stg_' ~ table ~ '_judged') }} as events
    inner join changed_repeated_ids
        on
            events.{{ key }} = changed_repeated_ids.event_id
            and changed_repeated_ids.source_table = '{{ table }}'
    union all
    {% endfor %}
    select input_key as customer_id from aliases
    union all
    select fingerprint as customer_id from aliases
    union all
    select previous_fingerprint as customer_id from aliases

),

final as (

    select distinct customer_id from found
    where customer_id is not null

)

select * from final
