{# Query for the steps of the paths of `relation`: its rows, one for each step, with `position` from 1 and `touchpoint`. #}
{% macro path_elements(relation) %}
    {{ return(adapter.dispatch('path_elements', 'conversionflow')(relation)) }}
{% endmacro %}

{% macro duckdb__path_elements(relation) %}
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

{% macro postgres__path_elements(relation) %}
    select
        paths.*,
        elements.position,
        trim(elements.touchpoint) as touchpoint
    from {{ relation }} as paths
    cross join lateral unnest(string_to_array(paths.path, ' > '))
        with ordinality as elements (touchpoint, position)
    where paths.path <> ''
{% endmacro %}
