{# Query for the steps of the paths of `relation`: its rows, one for each step, with `position` from 1 and `touchpoint`. #}
{% macro path_elements(relation) %}
    {{ return(adapter.dispatch('path_elements', 'conversionflow')(relation)) }}
{% endmacro %}

{% macro default__path_elements(relation) %}
    select
        *,
        unnest(range(1, len(elements) + 1)) as position,
        trim(unnest(elements)) as touchpoint
    from (
        select
            *,
            string_split(path, ' > ') as elements
        from {{ relation }}
        where path <> ''
    ) as split
{% endmacro %}
