{#
    The paths as text of those journeys in `events` whose closing event does not hold it. `keys` tell the journeys apart.
#}
{% macro long_paths(events, keys) %}
    {% set names = [] %}
    {% for key in keys %}
        {% do names.append('steps.' ~ key) %}
    {% endfor %}
    select
        {{ names | join(', ') }},
        {{ dbt.listagg(
            measure='steps.touchpoint',
            delimiter_text="' > '",
            order_by_clause='order by steps.step'
        ) }} as path
    from {{ events }} as steps
    inner join {{ events }} as closing_events
        on
            {% for key in keys %}
            steps.{{ key }} = closing_events.{{ key }} and
            {% endfor %}
            steps.is_step
    where
        closing_events.closes_journey
        and closing_events.short_path is null
        -- lets the warehouse pass over most of the table
        and closing_events.position > {{ conversionflow.long_journey() }}
    group by {{ names | join(', ') }}
{% endmacro %}
