{# The time this run began, UTC, as a timestamp literal. #}
{% macro run_time() %}
    {{ return("cast('" ~ run_started_at.strftime('%Y-%m-%d %H:%M:%S') ~ "' as timestamp)") }}
{% endmacro %}
