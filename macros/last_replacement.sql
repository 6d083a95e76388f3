{# One row about the last build of table `journey_events`: its run, the run before, where the data end and ended then. #}
{% macro last_replacement(journey_events) %}
    {{ return(conversionflow.beside(journey_events, 'replacement')) }}
{% endmacro %}
