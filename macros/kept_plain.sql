{# What follows the type of a column that is read once and soon gone: where the warehouse packs columns, not to. #}
{% macro kept_plain() %}
    {{ return(adapter.dispatch('kept_plain', 'conversionflow')()) }}
{% endmacro %}

{% macro default__kept_plain() %}
    {{ return('') }}
{% endmacro %}

{# to pack the rows takes as long as to find them #}
{% macro duckdb__kept_plain() %}
    {{ return(' using compression uncompressed') }}
{% endmacro %}
