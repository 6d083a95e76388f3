{# A hash of all rows of `relation`, in whatever order they lie, and of its columns' names. #}
{% macro rows_fingerprint(relation) %}
    {{ return(adapter.dispatch('rows_fingerprint', 'conversionflow')(relation)) }}
{% endmacro %}

{% macro duckdb__rows_fingerprint(relation) %}
    {{ return('sum(hash(cast(to_json(' ~ relation ~ ') as text)))') }}
{% endmacro %}

{% macro postgres__rows_fingerprint(relation) %}
    {{ return('sum(hashtextextended(cast(to_json(' ~ relation ~ ') as text), 0))') }}
{% endmacro %}
