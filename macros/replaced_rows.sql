{#
    Which rows of table `journey_events` a run replaces: of the customers who are replaced whole, all; of the
    other changed customers those of journeys that end late, which an event on the days that changed can belong to, or have
    belonged to. A journey that a conversion ended before the first of these days stays as it is, and so does one that ended
    more than `journey_inactivity_days` before it: whatever comes next opens another one. And which other journeys, open
    when the table was last built, `may_close` now: no new event lies behind the last of these days.

    Conditions on the table's rows as `events`, `any` with `changed_customers` joined as `changed`: it has the late journeys
    of the `converted`, those of the `others`, and all of who is replaced whole. Others were open that ended after `open_since`.
#}
{% macro replaced_rows(journey_events) %}
    {% set known = run_query(
        'select cast(min(changed_on) as text) as first_day, cast(max(changed_on) as text) as last_day, '
        ~ '(select cast(data_end_at as text) from ' ~ conversionflow.last_replacement(journey_events) ~ ') as data_end '
        ~ 'from (select cast(input_key as date) as changed_on from ' ~ ref('changed_inputs')
        ~ " where input_name in ('touches', 'conversions')) as days"
    ).rows[0] %}
    {% set times = {} %}
    {% for name in ['first_day', 'last_day', 'data_end'] %}
        {# where there is none, its conditions are null and fit no row #}
        {% set text = 'null' if known[name] is none else dbt.string_literal(known[name]) %}
        {% do times.update({name: 'cast(' ~ text ~ ' as timestamp)'}) %}
    {% endfor %}
    {% set inactivity = '-' ~ var('journey_inactivity_days') %}
    {% set converted = 'events.is_converted and events.ended_at >= ' ~ times['first_day'] %}
    {% set others = 'not events.is_converted and events.ended_at >= '
        ~ dbt.dateadd('day', inactivity, times['first_day']) %}
    {% set since = dbt.dateadd('day', inactivity, times['data_end']) %}
    {% set until = dbt.dateadd('day', inactivity, dbt.dateadd('day', 1, times['last_day'])) %}
    {{ return({
        'converted': converted,
        'others': others,
        'any': '(changed.is_replaced_whole or ' ~ converted ~ ' or ' ~ others ~ ')',
        'open_since': since,
        'may_close': 'not events.is_converted and events.ended_at > ' ~ since ~ ' and events.ended_at <= ' ~ until,
    }) }}
{% endmacro %}
