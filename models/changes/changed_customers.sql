-- Change 5: whose journeys are built anew: of whom an event came or went; of
-- whom a row has the id of such an event, for staging may now keep another of
-- the two; and whom an alias joins or no longer does. Of the last two kinds
-- events may come and go on days that did not change: their journeys are
-- replaced whole, and whom an alias concerns is read anew.
with

aliases as (

    select * from {{ ref('changed_inputs') }}
    where input_name = 'customer_aliases'

),

found as (

    select
        customer_id,
        0 as replaced_whole,
        0 as read_anew
    from {{ ref('changed_events') }}
    union all
    {% for table, key in [
        ('touches', 'touch_id'), ('conversions', 'conversion_id')
    ] %}
    select
        events.customer_id,
        1 as replaced_whole,
        0 as read_anew
    from {{ ref('stg_' ~ table ~ '_copies') }} as events
    inner join {{ ref('changed_copies') }} as changed_copies
        on
            events.{{ key }} = changed_copies.event_id
            and changed_copies.source_table = '{{ table }}'
    union all
    {% endfor %}
    select
        input_key as customer_id,
        1 as replaced_whole,
        1 as read_anew
    from aliases
    union all
    select
        fingerprint as customer_id,
        1 as replaced_whole,
        1 as read_anew
    from aliases
    union all
    select
        previous_fingerprint as customer_id,
        1 as replaced_whole,
        1 as read_anew
    from aliases

),

final as (

    select
        customer_id,
        max(replaced_whole) = 1 as is_replaced_whole,
        max(read_anew) = 1 as is_read_anew
    from found
    where customer_id is not null
    group by customer_id

)

select * from final
