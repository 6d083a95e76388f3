{#
    Whether the journeys of every customer are built anew: at the first build, on a full refresh, and where the
    settings, a seed or the SQL that makes journeys changed. Known once `changed_inputs` is built.
#}
{% macro rebuilds_every_customer() %}
    {% if not execute %}
        {{ return(false) }}
    {% endif %}
    {% set changed_inputs = conversionflow.built_before('changed_inputs') %}
    {% if flags.FULL_REFRESH or changed_inputs is none or conversionflow.built_before('journey_events') is none %}
        {{ return(true) }}
    {% endif %}
    {% set changed_wholes = run_query(
        'select count(*) from ' ~ changed_inputs ~ " where input_key = '(all)'"
    ).columns[0].values()[0] %}
    {{ return(changed_wholes > 0) }}
{% endmacro %}
