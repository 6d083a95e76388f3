{# `expression` as `type`, null where the value cannot be read as one. #}
{% macro try_cast(expression, type) %}
    {{ return(adapter.dispatch('try_cast', 'conversionflow')(expression, type)) }}
{% endmacro %}

{% macro duckdb__try_cast(expression, type) %}
    {{ return('try_cast(' ~ expression ~ ' as ' ~ type ~ ')') }}
{% endmacro %}

{#
    Postgres reads more than other warehouses do: words such as `today` and `NaN`. A whole number may come with a
    fraction, which is rounded.
#}
{% macro postgres__try_cast(expression, type) %}
    {% set text = 'cast(' ~ expression ~ ' as text)' %}
    {% set value = 'cast(' ~ text ~ ' as ' ~ type ~ ')' %}
    {% if type == 'bigint' %}
        {% set looks_right = '[0-9]' %}
        {% set value = 'cast(round(cast(' ~ text ~ ' as numeric)) as bigint)' %}
        {% set fits = 'case when pg_input_is_valid(' ~ text ~ ", 'numeric') then "
            ~ 'abs(cast(' ~ text ~ ' as numeric)) < 9223372036854775807.5 end' %}
    {% else %}
        {% set looks_right = '^ *[0-9]{1,4}[-/]' if type in ('date', 'timestamp', 'timestamptz') else '[0-9]' %}
        {% set fits = 'pg_input_is_valid(' ~ text ~ ", '" ~ type ~ "')" %}
    {% endif %}
    {{ return('case when ' ~ text ~ " ~ '" ~ looks_right ~ "' then case when " ~ fits ~ ' then ' ~ value ~ ' end end') }}
{% endmacro %}
