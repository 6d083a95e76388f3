{#
    Which rows of table `journey_events` a run replaces: of the customers whose rows staging gives anew, all; of the
    other changed customers those of journeys that an event on the days that changed can belong to, or have belonged to.
    A journey that a conversion ended before the first of these days stays as it is, and so does one that ended more than
    `journey_inactivity_days` before it: whatever comes next opens another one.
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
        {{ return(is_changed) }}
    {% endif %}
    {% set first_at = "cast('" ~ changed['first_day'] ~ "' as timestamp)" %}
    {% set ends_late = 'ended_at >= ' ~ dbt.dateadd('day', '-' ~ var('journey_inactivity_days'), first_at)
        ~ ' and (ended_at >= ' ~ first_at ~ ' or not is_converted)' %}
    {% if changed['some_read_anew'] %}
        {% set ends_late = '(' ~ ends_late ~ ' or customer_id in (' ~ customers ~ ' where is_read_anew))' %}
    {% endif %}
    {{ return(is_changed ~ ' and ' ~ ends_late) }}
{% endmacro %}
