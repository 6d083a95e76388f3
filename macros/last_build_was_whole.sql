{# Whether the last build of `journey_events` made all that it is made from (is_whole_build); true where there was none. #}
{% macro last_build_was_whole() %}
    {% set events = conversionflow.built_before('journey_events') %}
    {% set replacement = none if events is none else load_relation(conversionflow.last_replacement(events)) %}
    {% if replacement is none %}
        {{ return(true) }}
    {% endif %}
    {# a warehouse that an earlier version built does not say #}
    {% set known = adapter.get_columns_in_relation(replacement) | map(attribute='name') | list %}
    {{ return('is_whole' in known and run_query(
        'select count(*) from ' ~ replacement ~ ' where is_whole'
    ).columns[0].values()[0] == 1) }}
{% endmacro %}
