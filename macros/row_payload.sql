{# The given columns of a row as JSON text, for whoever looks into a rejected row. #}
{% macro row_payload(columns) %}
    {{ return(adapter.dispatch('row_payload', 'conversionflow')(columns)) }}
{% endmacro %}

{% macro default__row_payload(columns) %}
    {% set pairs = [] %}
    {% for column in columns %}
        {% do pairs.append("'" ~ column ~ "', " ~ column) %}
    {% endfor %}
    {{ return('cast(json_object(' ~ pairs | join(', ') ~ ') as text)') }}
{% endmacro %}
