{# Whether the last build that touched `journey_events` stopped before `built_inputs` said what it was built from. #}
{% macro last_build_stopped() %}
    {% set events = conversionflow.built_before('journey_events') %}
    {% set inputs = conversionflow.built_before('built_inputs') %}
    {% if events is none or inputs is none %}
        {{ return(false) }}
    {% endif %}
    {% set replacement = conversionflow.last_replacement(events) %}
    {{ return(load_relation(replacement) is not none and run_query(
        'select count(*) from ' ~ replacement ~ ' where run_id <> (select min(run_id) from ' ~ inputs ~ ')'
    ).columns[0].values()[0] == 1) }}
{% endmacro %}
