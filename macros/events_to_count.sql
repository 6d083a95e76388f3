{#
    What follows `from` to bring table `counts` up to date: events of `journey_events` with the data's end that says
    which journeys are closed, and the `change` they make, 1 or -1. Those of all journeys where the table is counted
    anew. Else, of the customers that this run replaced, the rows as they are and as they were, and of all others the
    rows of journeys that were open and are closed now, because the data end later.
#}
{% macro events_to_count(counts) %}
    {% set events = ref('journey_events') %}
    {% if not conversionflow.adds_to_counts(counts) %}
        (
            select events.*, 1 as change, data_end.data_end_at
            from {{ events }} as events
            cross join {{ ref('data_end') }} as data_end
        )
    {% else %}
        {% set before = conversionflow.rows_before(events) %}
        {% set replacement = conversionflow.last_replacement(events) %}
        {% set columns = [] %}
        {% for column in adapter.get_columns_in_relation(events) %}
            {% do columns.append('events.' ~ column.quoted) %}
        {% endfor %}
        (
            select {{ columns | join(', ') }}, 1 as change, data_end.data_end_at
            from {{ events }} as events
            cross join {{ ref('data_end') }} as data_end
            where events.run_id = cast({{ conversionflow.run_id() }} as uuid)

            union all

            select {{ columns | join(', ') }}, -1 as change, replacement.data_end_at
            from {{ before }} as events
            cross join {{ replacement }} as replacement
            where events.is_replaced

            union all

            select {{ columns | join(', ') }}, 1 as change, data_end.data_end_at
            from {{ before }} as events
            cross join {{ replacement }} as replacement
            cross join {{ ref('data_end') }} as data_end
            where
                not events.is_replaced
                and {{ conversionflow.outcome('events', 'replacement.data_end_at') }} = 'open'
                and {{ conversionflow.outcome('events', 'data_end.data_end_at') }} = 'lost'
        )
    {% endif %}
{% endmacro %}
