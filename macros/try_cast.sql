{# `expression` as `type`, null where the value cannot be read as one. #}
{% macro try_cast(expression, type) %}
    {{ return(adapter.dispatch('try_cast', 'conversionflow')(expression, type)) }}
{% endmacro %}

{% macro duckdb__try_cast(expression, type) %}
    {{ return('try_cast(' ~ expression ~ ' as ' ~ type ~ ')') }}
{% endmacro %}

{#
    Postgres reads more than other warehouses do, words such as `today` and `NaN` and dates that begin with the month,
    so a value must look right first. A whole number may come with a fraction, which is rounded; what is finer than a
    microsecond is cut off.
#}
{% macro postgres__try_cast(expression, type) %}
    {% set day = '[0-9]{4,}[-/][0-9]{1,2}[-/][0-9]{1,2}' %}
    {% set text = 'cast(' ~ expression ~ ' as text)' %}
    {% if type == 'date' %}
        {% set text = 'substring(' ~ text ~ " from '^ *(" ~ day ~ ")')" %}
        {% set pattern = '^' ~ day %}
    {% elif type in ('timestamp', 'timestamptz') %}
        {% set pattern = '^' ~ day ~ '([ T][0-9]{1,2}:[0-9]{2}(:[0-5][0-9]([.][0-9]*)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?)?)?$' %}
        {% set text = 'regexp_replace(' ~ text ~ ", '([.][0-9]{6})[0-9]+', '\\1')" %}
    {% else %}
        {% set pattern = '^ *[+-]?[0-9._]+([eE][+-]?[0-9]+)? *$' %}
    {% endif %}
    {% set value = 'cast(' ~ text ~ ' as ' ~ type ~ ')' %}
    {% set fits = 'pg_input_is_valid(' ~ text ~ ", '" ~ type ~ "')" %}
    {% if type == 'bigint' %}
        {% set number = 'cast(' ~ text ~ ' as numeric)' %}
        {% set value = 'cast(round(' ~ number ~ ') as bigint)' %}
        {% set fits = 'case when pg_input_is_valid(' ~ text ~ ", 'numeric') then abs(" ~ number
            ~ ') < 9223372036854775807.5 end' %}
    {% endif %}
    {{ return('case when ' ~ text ~ " ~ '" ~ pattern ~ "' then case when " ~ fits ~ ' then ' ~ value ~ ' end end') }}
{% endmacro %}
