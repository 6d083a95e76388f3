{#
    Whether `event_at` lies on a day on which raw table `name` changed. The first and last of these days stand in the
    query, so that the warehouse can pass over what lies outside them.
#}
{% macro lies_on_changed_day(name, event_at) %}
    {% set days = 'select cast(input_key as date) as changed_on from ' ~ ref('changed_inputs')
        ~ " where input_name = '" ~ name ~ "'" %}
    {% set condition = 'cast(' ~ event_at ~ ' as date) in (' ~ days ~ ')' %}
    {% if execute and conversionflow.built_before('changed_inputs') is not none %}
        {% set bounds = run_query(
            'select cast(min(changed_on) as text) as first_on, cast(max(changed_on) as text) as last_on from ('
            ~ days ~ ') as days'
        ).rows[0] %}
        {% if bounds['first_on'] is none %}
            {{ return('1 = 0') }}
        {% endif %}
        {% set condition = condition ~ ' and ' ~ event_at ~ " >= '" ~ bounds['first_on'] ~ "' and "
            ~ event_at ~ ' <= ' ~ dbt.dateadd('day', 1, "cast('" ~ bounds['last_on'] ~ "' as date)") %}
    {% endif %}
    {{ return('(' ~ condition ~ ')') }}
{% endmacro %}
