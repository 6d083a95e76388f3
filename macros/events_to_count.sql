{#
    What follows `from` to bring table `counts` up to date: events of `journey_events` (their `counted_columns`) with the
    data's end that says which journeys are closed, and the `change` they make. Those of all journeys where the table is
    counted anew. Else the rows as they are (1) and as they were (-1): of the customers that this run replaced, and of all
    others those of journeys that were open and are closed now, because the data end later.
#}
{% macro events_to_count(counts) %}
    {% set events = ref('journey_events') %}
    {% set columns = [] %}
    {% for column in conversionflow.counted_columns() %}
        {% do columns.append('events.' ~ column) %}
    {% endfor %}
    {% if not conversionflow.adds_to_counts(counts) %}
        (
            select {{ columns | join(', ') }}, 1 as change, data_end.data_end_at
            from {{ events }} as events
            cross join {{ ref('data_end') }} as data_end
        )
    {% else %}
        {% set before = conversionflow.rows_before(events) %}
        {% set replacement = conversionflow.last_replacement(events) %}
        {% set closes_now = conversionflow.outcome('events', 'replacement.previous_data_end_at') ~ " = 'open' and "
            ~ conversionflow.outcome('events', 'replacement.data_end_at') ~ " = 'lost'" %}
        (
            select {{ columns | join(', ') }}, 1 as change, replacement.data_end_at
            from {{ events }} as events
            cross join {{ replacement }} as replacement
            where events.run_id = cast({{ conversionflow.run_id() }} as uuid)

            union all

            select {{ columns | join(', ') }}, -1 as change, replacement.previous_data_end_at
            from {{ before }} as events
            cross join {{ replacement }} as replacement
            where events.is_replaced or {{ closes_now }}

            union all

            select {{ columns | join(', ') }}, 1 as change, replacement.data_end_at
            from {{ before }} as events
            cross join {{ replacement }} as replacement
            where not events.is_replaced and {{ closes_now }}
        )
    {% endif %}
{% endmacro %}
