{#
    Rows of table `journey_events` as they were before its last build: those it replaced (`is_replaced`), and those of
    journeys that were open and may be closed now.
#}
{% macro rows_before(journey_events) %}
    {{ return(conversionflow.beside(journey_events, 'before')) }}
{% endmacro %}
