{#
    One row about the last build of table `journey_events`: its run, the run before, where the data end and ended then, and
    whether it was a whole build (is_whole_build).
#}
{% macro last_replacement(journey_events) %}
    {{ return(conversionflow.beside(journey_events, 'replacement')) }}
{% endmacro %}
