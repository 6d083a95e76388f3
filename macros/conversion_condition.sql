{# Which rows of the conversions source are conversions: all, or those of `conversion_clause`. #}
{% macro conversion_condition() %}
    ({{ var('conversion_clause') or '1 = 1' }})
{% endmacro %}
