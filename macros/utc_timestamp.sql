{#
    `expression`, a column of type `data_type`, as a timestamp in UTC without zone;
    null where it cannot be read. A text with an offset is moved to UTC: a plain
    cast would drop the offset and be hours off without a word.
#}
{% macro utc_timestamp(expression, data_type) %}
    {{ return(adapter.dispatch('utc_timestamp', 'conversionflow')(expression, data_type)) }}
{% endmacro %}

{% macro default__utc_timestamp(expression, data_type) %}
    {% if 'time zone' in data_type %}
        {{ return('timezone(\'UTC\', ' ~ expression ~ ')') }}
    {% elif 'char' in data_type or 'text' in data_type %}
        {% set with_offset = "':[0-9]{2}.*([zZ]|[+-][0-9]{2}(:?[0-9]{2})?)$'" %}
        {{ return(
            'case when regexp_matches(' ~ expression ~ ', ' ~ with_offset ~ ')'
            ~ ' then timezone(\'UTC\', try_cast(' ~ expression ~ ' as timestamptz))'
            ~ ' else try_cast(' ~ expression ~ ' as timestamp) end'
        ) }}
    {% else %}
        {{ return('cast(' ~ expression ~ ' as timestamp)') }}
    {% endif %}
{% endmacro %}
