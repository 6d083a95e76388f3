{# The first day of the period (setting `period`) that holds `timestamp`; weeks begin on Monday. #}
{% macro period_start(timestamp) %}
    {{ return('cast(' ~ dbt.date_trunc(var('period'), timestamp) ~ ' as date)') }}
{% endmacro %}
