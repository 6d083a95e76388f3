{# `expression` at the next step of this event's journey, in a window `later` of the journey's events behind it. #}
{% macro next_step_value(expression) %}
    {{ return(adapter.dispatch('next_step_value', 'conversionflow')(expression)) }}
{% endmacro %}

{# The place goes before the text, so that the least text is the nearest; backwards as in `closing_event`. #}
{% macro postgres__next_step_value(expression) %}
    {{ return(
        "substr(min(case when is_step then lpad(cast(position as text), 10, '0') || " ~ expression
        ~ ' end collate "C") over (partition by customer_id, journey_number order by position desc'
        ~ ' rows between unbounded preceding and 1 preceding), 11)'
    ) }}
{% endmacro %}

{% macro duckdb__next_step_value(expression) %}
    {{ return('first_value(case when is_step then ' ~ expression ~ ' end ignore nulls) over later') }}
{% endmacro %}
