{# Column `name` of `columns` as closing_event has packed them. #}
{% macro of_closing_event(columns, name) %}
    {{ return(adapter.dispatch('of_closing_event', 'conversionflow')(columns, name)) }}
{% endmacro %}

{% macro postgres__of_closing_event(columns, name) %}
    {% set place = (columns.keys() | list).index(name) + 2 %}
    {{ return('cast(closing_event[' ~ place ~ '] as ' ~ columns[name] ~ ')') }}
{% endmacro %}

{% macro duckdb__of_closing_event(columns, name) %}
    {{ return('closing_event.' ~ name) }}
{% endmacro %}
