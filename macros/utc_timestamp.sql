{#
    `expression`, a column of type `data_type`, as a timestamp in UTC without zone;
    null where it cannot be read. A text with an offset is moved to UTC: a plain
    cast would drop the offset and be hours off without a word.
#}
{% macro utc_timestamp(expression, data_type) %}
    {% if 'with time zone' in data_type %}
        {{ return('timezone(\'UTC\', ' ~ expression ~ ')') }}
    {% elif 'char' in data_type or 'text' in data_type %}
        {{ return(
            'case when ' ~ adapter.dispatch('has_offset', 'conversionflow')(expression)
            ~ ' then timezone(\'UTC\', ' ~ conversionflow.try_cast(expression, 'timestamptz') ~ ')'
            ~ ' else ' ~ conversionflow.try_cast(expression, 'timestamp') ~ ' end'
        ) }}
    {% else %}
        {{ return('cast(' ~ expression ~ ' as timestamp)') }}
    {% endif %}
{% endmacro %}

{% macro duckdb__has_offset(text) %}
    {{ return('regexp_matches(' ~ text ~ ", ':[0-9]{2}.*([zZ]|[+-][0-9]{2}(:?[0-9]{2})?)$')") }}
{% endmacro %}

{% macro postgres__has_offset(text) %}
    {{ return('(' ~ text ~ " ~ ':[0-9]{2}.*([zZ]|[+-][0-9]{2}(:?[0-9]{2})?)$')") }}
{% endmacro %}
