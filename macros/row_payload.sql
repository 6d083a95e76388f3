{# The given columns of a row as JSON text, for whoever looks into a rejected row. #}
{% macro row_payload(columns) %}
    {{ return(adapter.dispatch('row_payload', 'conversionflow')(columns)) }}
{% endmacro %}

{% macro duckdb__row_payload(columns) %}
    {% set pairs = [] %}
    {% for column in columns %}
        {% do pairs.append("'" ~ column ~ "', cast(" ~ column ~ ' as text)') %}
    {% endfor %}
    {{ return('cast(json_object(' ~ pairs | join(', ') ~ ') as text)') }}
{% endmacro %}

{# `json_build_object` would put spaces between the parts #}
{% macro postgres__row_payload(columns) %}
    {% set pairs = [] %}
    {% for column in columns %}
        {% do pairs.append("'\"" ~ column ~ "\":' || coalesce(cast(to_json(cast(" ~ column ~ " as text)) as text), 'null')") %}
    {% endfor %}
    {{ return("'{' || " ~ pairs | join(" || ',' || ") ~ " || '}'") }}
{% endmacro %}
