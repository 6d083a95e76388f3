{#
    Whether table `counts`, which counts closed journeys, can be brought up to date from the customers that this run
    replaced: where it stands as the run before left it, and that run was the last to build `journey_events`.
#}
{% macro adds_to_counts(counts) %}
    {% set known = conversionflow.built_before(counts) %}
    {% set events = conversionflow.built_before('journey_events') %}
    {% if known is none or events is none or flags.FULL_REFRESH or conversionflow.reads_path_counts() %}
        {{ return(false) }}
    {% endif %}
    {% set replacement = conversionflow.last_replacement(events) %}
    {{ return(load_relation(replacement) is not none and run_query(
        'select count(*) from ' ~ replacement
        ~ ' where run_id = ' ~ conversionflow.run_id() ~ ' and data_end_at is not null'
        ~ ' and previous_run_id = (select min(run_id) from ' ~ known ~ ')'
        ~ ' and exists (select 1 from ' ~ events ~ ')'
    ).columns[0].values()[0] == 1) }}
{% endmacro %}
