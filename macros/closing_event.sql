{#
    The named `columns`, with their types, of the event that closes an event's journey, in a window `from_here` of the
    customer's events from this one on. `of_closing_event` reads them: one pass in place of one for each column.
#}
{% macro closing_event(columns) %}
    {{ return(adapter.dispatch('closing_event', 'conversionflow')(columns)) }}
{% endmacro %}

{#
    Texts, of which the first orders the others: of arrays the least is the nearest. The window goes backwards, as
    Postgres would begin anew at each event of one that only loses rows.
#}
{% macro postgres__closing_event(columns) %}
    {% set texts = ["lpad(cast(event_number as text), 10, '0') collate \"C\""] %}
    {% for column in columns %}
        {% do texts.append('cast(' ~ column ~ ' as text)') %}
    {% endfor %}
    {{ return('min(case when closes_journey then array[' ~ texts | join(', ') ~ '] end) over ('
        ~ 'partition by customer_id order by event_number desc rows between unbounded preceding and current row)') }}
{% endmacro %}

{% macro duckdb__closing_event(columns) %}
    {% set fields = [] %}
    {% for column in columns %}
        {% do fields.append(column ~ ' := ' ~ column) %}
    {% endfor %}
    {{ return('first_value(case when closes_journey then struct_pack(' ~ fields | join(', ')
        ~ ') end ignore nulls) over from_here') }}
{% endmacro %}
