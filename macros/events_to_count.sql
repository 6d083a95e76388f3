{#
    What follows `from` to bring table `counts` up to date: events of `journey_events` with the data's end that says
    which journeys are closed, and the `change` they make, 1 or -1. Those of all journeys where the table is counted
    anew. Else, of the customers that this run replaced, the rows as they are and as they were; and of all others the
    journeys that are closed now and were open, or the other way round, because the data end elsewhere.
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
        {% set replacement = conversionflow.last_replacement(events) %}
        {% set ends = run_query(
            'select cast(replacement.data_end_at as text) as old_end, cast(data_end.data_end_at as text) as new_end,'
            ~ ' sign(extract(epoch from data_end.data_end_at - replacement.data_end_at)) as moves'
            ~ ' from ' ~ replacement ~ ' as replacement cross join ' ~ ref('data_end') ~ ' as data_end'
        ).rows[0] %}
        {% set old_end = "cast('" ~ ends['old_end'] ~ "' as timestamp)" %}
        {% set new_end = "cast('" ~ ends['new_end'] ~ "' as timestamp)" %}
        {% set earlier, later = (old_end, new_end) if ends['moves'] > 0 else (new_end, old_end) %}
        {% set inactivity = '-' ~ var('journey_inactivity_days') %}
        {% set this_run = 'cast(' ~ conversionflow.run_id() ~ ' as uuid)' %}
        (
            select events.*, 1 as change, {{ new_end }} as data_end_at
            from {{ events }} as events
            where events.run_id = {{ this_run }}

            union all

            select events.*, -1 as change, {{ old_end }} as data_end_at
            from {{ conversionflow.replaced_rows(events) }} as events

            {% if ends['moves'] != 0 %}
            union all

            select events.*, {{ ends['moves'] | int }} as change, {{ later }} as data_end_at
            from {{ events }} as events
            where
                events.run_id <> {{ this_run }}
                and not events.is_converted
                and events.ended_at > {{ dbt.dateadd('day', inactivity, earlier) }}
                and events.ended_at <= {{ dbt.dateadd('day', inactivity, later) }}
            {% endif %}
        )
    {% endif %}
{% endmacro %}
