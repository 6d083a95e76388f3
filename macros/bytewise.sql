{# A text to sort by, byte by byte: the same order in every warehouse, whatever its collation. #}
{% macro bytewise(text) %}
    {{ return(adapter.dispatch('bytewise', 'conversionflow')(text)) }}
{% endmacro %}

{% macro default__bytewise(text) %}
    {{ return(text) }}
{% endmacro %}

{% macro postgres__bytewise(text) %}
    {{ return(text ~ ' collate "C"') }}
{% endmacro %}
