{#
    Whether a journey of table `journey_events` was open when the table was last built and may be closed now, because of
    events on the days that changed. No new event lies behind the last of these days. The `condition` of its rows, and
    `ended_since`, a time before which none of these journeys ended.
#}
{% macro may_close(journey_events) %}
    {% set inactivity = '-' ~ var('journey_inactivity_days') %}
    {% set ends = run_query(
        'select cast(data_end_at as text) as old_end, (select cast(cast(max(input_key) as date) as text) from '
        ~ ref('changed_inputs') ~ " where input_name in ('touches', 'conversions')) as last_day from "
        ~ conversionflow.last_replacement(journey_events)
    ).rows[0] %}
    {% if ends['old_end'] is none or ends['last_day'] is none %}
        {{ return({'condition': '1 = 0', 'ended_since': none}) }}
    {% endif %}
    {% set ended_since = dbt.dateadd('day', inactivity, "cast('" ~ ends['old_end'] ~ "' as timestamp)") %}
    {% set latest_end = dbt.dateadd('day', 1, "cast('" ~ ends['last_day'] ~ "' as timestamp)") %}
    {{ return({
        'condition': '(not is_converted and ended_at > ' ~ ended_since
            ~ ' and ended_at <= ' ~ dbt.dateadd('day', inactivity, latest_end) ~ ')',
        'ended_since': ended_since,
    }) }}
{% endmacro %}
