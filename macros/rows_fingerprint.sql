{# A hash of all rows of `relation`, in whatever order they lie. #}
{% macro rows_fingerprint(relation) %}
    {{ return(adapter.dispatch('rows_fingerprint', 'conversionflow')(relation)) }}
{% endmacro %}

{% macro duckdb__rows_fingerprint(relation) %}
    {{ return('sum(hash(' ~ relation ~ '))') }}
{% endmacro %}

{% macro postgres__rows_fingerprint(relation) %}
    {{ return('sum(hashtextextended(cast(' ~ relation ~ ' as text), 0))') }}
{% endmacro %}
