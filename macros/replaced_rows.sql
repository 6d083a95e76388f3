{#
    Which rows of table `journey_events` a run replaces: of the customers whose rows staging gives anew, all; of the
    other changed customers those of journeys that an event on the days that changed can belong to, or have belonged to.
    A journey that a conversion ended before the first of these days stays as it is, and so does one that ended more than
    `journey_inactivity_days` before it: whatever comes next opens another one. Their `condition`; the same
    where `changed_customers` is joined as `changed`; and `ended_since`, a time before which none of their journeys ended,
    none where there is no such time.
#}
{% macro replaced_rows() %}
    {% set customers = 'select customer_id from ' ~ ref('changed_customers') %}
    {% set changed = run_query(
        'select (select cast(min(cast(input_key as date)) as text) from ' ~ ref('changed_inputs')
        ~ " where input_name in ('touches', 'conversions')) as first_day, "
        ~ 'exists (' ~ customers ~ ' where is_read_anew) as some_read_anew'
    ).rows[0] %}
    {% set is_changed = 'customer_id in (' ~ customers ~ ')' %}
    {% set is_joined = 'changed.is_read_anew is not null' %}
    {% if changed['first_day'] is none %}
        {{ return({'condition': is_changed, 'condition_joined': is_joined, 'ended_since': none}) }}
    {% endif %}
    {% set first_at = "cast('" ~ changed['first_day'] ~ "' as timestamp)" %}
    {% set ended_since = dbt.dateadd('day', '-' ~ var('journey_inactivity_days'), first_at) %}
    {% set ends_late = 'ended_at >= ' ~ ended_since ~ ' and (ended_at >= ' ~ first_at ~ ' or not is_converted)' %}
    {% set some_anew = changed['some_read_anew'] %}
    {{ return({
        'condition': is_changed ~ ' and (' ~ ends_late
            ~ (' or customer_id in (' ~ customers ~ ' where is_read_anew)' if some_anew else '') ~ ')',
        'condition_joined': is_joined ~ ' and (' ~ ends_late ~ (' or changed.is_read_anew' if some_anew else '') ~ ')',
        'ended_since': none if some_anew else ended_since,
    }) }}
{% endmacro %}
