{# A hash of what a row of raw table `name` holds in the given fields of the contract that are among its `present` columns. #}
{% macro row_hash(name, fields, present) %}
    {% set columns = [] %}
    {% for field in fields %}
        {% set column = var(name ~ '_fields').get(field, field) | lower %}
        {% if column in present %}
            {% do columns.append(adapter.quote(column)) %}
        {% endif %}
    {% endfor %}
    {{ return(adapter.dispatch('hash_of', 'conversionflow')(columns or ['null'])) }}
{% endmacro %}

{# without its last bit, as DuckDB adds signed numbers up in less time #}
{% macro duckdb__hash_of(columns) %}
    {{ return('cast(hash(' ~ columns | join(', ') ~ ') >> 1 as bigint)') }}
{% endmacro %}

{# as text, for types that have no hash of their own #}
{% macro postgres__hash_of(columns) %}
    {{ return('hashtextextended(cast(row(' ~ columns | join(', ') ~ ') as text), 0)') }}
{% endmacro %}
