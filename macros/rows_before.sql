{#
    Rows of table `journey_events` as they were before its last build: those it replaced (`is_replaced`), and those of
    journeys that were open and may be closed now. A replaced row of a journey that was open may have no more than the
    model's `columns_of_open`, and one that stays no more than its `columns_counted`.
#}
{% macro rows_before(journey_events) %}
    {{ return(conversionflow.beside(journey_events, 'before')) }}
{% endmacro %}
