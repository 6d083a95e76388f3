{#
    Which rows of table `journey_events` a run replaces: of the customers whose rows staging gives anew, all; of the
    other changed customers those of journeys that an event on the days that changed can belong to, or have belonged to.
    A journey that a conversion ended before the first of these days stays as it is, and so does one that ended more than
    `journey_inactivity_days` before it: whatever comes next opens another one. Their `condition`, and `ended_since`, a time
    before which none of their journeys ended; none where there is no such time.
#}
{% macro replaced_rows() %}
    {% set customers = 'select customer_id from ' ~ ref('changed_customers') %}
    {% set changed = run_query(
        'select (select cast(min(cast(input_key as date)) as text) from ' ~ ref('changed_inputs')
        ~ " where input_name in ('touches', 'conversions')) as first_day, "
        ~ 'exists (' ~ customers ~ ' where is_read_anew) as some_read_anew'
    ).rows[0] %}
    {% set is_changed = 'customer_id in (' ~ customers ~ ')' %}
    {% if changed['first_day'] is none %}
        {{ return({'condition': is_changed, 'ended_since': none}) }}
    {% endif %}
    {% set first_at = "cast('" ~ changed['first_day'] ~ "' as timestamp)" %}
    {% set ended_since = dbt.dateadd('day', '-' ~ var('journey_inactivity_days'), first_at) %}
    {% set ends_late = 'ended_at >= ' ~ ended_since ~ ' and (ended_at >= ' ~ first_at ~ ' or not is_converted)' %}
    {% if changed['some_read_anew'] %}
        {% set ended_since = none %}
        {% set ends_late = '(' ~ ends_late ~ ' or customer_id in (' ~ customers ~ ' where is_read_anew))' %}
    {% endif %}
    {{ return({'condition': is_changed ~ ' and ' ~ ends_late, 'ended_since': ended_since}) }}
{% endmacro %}
