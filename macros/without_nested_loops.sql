{#
    A statement after which the queries of this transaction join without nested loops. Postgres takes the rows of a day that
    its statistics do not know yet for none, and would go through all changed customers for each of them.
#}
{% macro without_nested_loops() %}
    {{ return(adapter.dispatch('without_nested_loops', 'conversionflow')()) }}
{% endmacro %}

{% macro default__without_nested_loops() %}
    {{ return('') }}
{% endmacro %}

{% macro postgres__without_nested_loops() %}
    {{ return('set local enable_nestloop = off;') }}
{% endmacro %}
