{#
    Conditions of which each row that is replaced (replaced_rows) fits one, `changed_customers` joined as `changed`. A part
    that `was_open` has no journeys but those that were open when the table was last built.
#}
{% macro replaced_parts(replaced) %}
    {{ return(adapter.dispatch('replaced_parts', 'conversionflow')(replaced)) }}
{% endmacro %}

{# each part would read the whole table #}
{% macro default__replaced_parts(replaced) %}
    {{ return([{'condition': replaced['any'], 'was_open': false}]) }}
{% endmacro %}

{# a part passes over what lies outside its times, and over the columns that it does not ask for #}
{% macro duckdb__replaced_parts(replaced) %}
    {% set open = 'events.ended_at > ' ~ replaced['open_since'] %}
    {% set late = '(' ~ replaced['converted'] ~ ' or ' ~ replaced['others'] ~ ')' %}
    {{ return([
        {'condition': replaced['others'] ~ ' and ' ~ open, 'was_open': true},
        {'condition': replaced['others'] ~ ' and not ' ~ open, 'was_open': false},
        {'condition': replaced['converted'], 'was_open': false},
        {'condition': 'changed.is_replaced_whole and not coalesce(' ~ late ~ ', false)', 'was_open': false},
    ]) }}
{% endmacro %}
