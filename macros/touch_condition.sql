{#
    Which rows of the touches source are touches: `touch_clause`, or where touches
    and conversions lie in one events table, whatever is not a conversion.
#}
{% macro touch_condition() %}
    {% if var('touch_clause') is not none %}
        ({{ var('touch_clause') }})
    {% elif var('conversion_clause') is not none and var('touches_source') == var('conversions_source') %}
        not coalesce(({{ var('conversion_clause') }}), false)
    {% else %}
        1 = 1
    {% endif %}
{% endmacro %}
