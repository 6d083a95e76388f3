{# A hash of column `event_id`, to look ids up by: a number is read in less time than the text. #}
{% macro id_hash(event_id) %}
    {{ return(adapter.dispatch('hash_of', 'conversionflow')([event_id])) }}
{% endmacro %}
