{# Indexes on what reports filter by, a list of columns for each; none where the warehouse does without. #}
{% macro indexes_for_reports(columns) %}
    {{ return(adapter.dispatch('indexes_for_reports', 'conversionflow')(columns)) }}
{% endmacro %}

{% macro default__indexes_for_reports(columns) %}
    {{ return([]) }}
{% endmacro %}

{% macro postgres__indexes_for_reports(columns) %}
    {% set indexes = [] %}
    {% for names in columns %}
        {% do indexes.append({'columns': names}) %}
    {% endfor %}
    {{ return(indexes) }}
{% endmacro %}
