{#
    Whether table `counts`, which counts closed journeys, can be brought up to date from what the last build of
    `journey_events` set aside: where that was in this run, where `counts` stands as the build before left it, and where
    the data do not end earlier than then.
#}
{% macro adds_to_counts(counts) %}
    {% set known = conversionflow.built_before(counts) %}
    {% set events = conversionflow.built_before('journey_events') %}
    {% if known is none or events is none or flags.FULL_REFRESH or conversionflow.reads_path_counts() %}
        {{ return(false) }}
    {% endif %}
    {% set replacement = conversionflow.last_replacement(events) %}
    {% set last_run = conversionflow.beside(known, 'run') %}
    {{ return(load_relation(replacement) is not none and run_query(
        'select count(*) from ' ~ replacement
        ~ ' where run_id = ' ~ conversionflow.run_id()
        ~ ' and previous_run_id = (select min(run_id) from '
        ~ (known if load_relation(last_run) is none else last_run) ~ ')'
        ~ ' and previous_data_end_at <= data_end_at'
    ).columns[0].values()[0] == 1) }}
{% endmacro %}
