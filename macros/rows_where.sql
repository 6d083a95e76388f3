{#
    A condition that a few rows of table `relation` fit, as one that warehouses answer without reading all columns of all
    rows: DuckDB, which has no index here, by the numbers of the rows.
#}
{% macro rows_where(relation, condition) %}
    {{ return(adapter.dispatch('rows_where', 'conversionflow')(relation, condition)) }}
{% endmacro %}

{% macro default__rows_where(relation, condition) %}
    {{ return(condition) }}
{% endmacro %}

{% macro duckdb__rows_where(relation, condition) %}
    {{ return('rowid in (select rowid from ' ~ relation ~ ' where ' ~ condition ~ ')') }}
{% endmacro %}
