{# The market of a row; rows without one belong to setting `default_market`. #}
{% macro market(expression) %}
    {{ return('coalesce(' ~ expression ~ ', ' ~ dbt.string_literal(var('default_market')) ~ ')') }}
{% endmacro %}
