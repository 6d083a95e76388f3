{#
    Stops the build before it begins where the last touch is older than the last
    conversion by more than the look-back, or there is none: late conversions would be
    credited to nobody. Rows that lie in the future take no part; the row rules reject them.
#}
{% macro check_freshness() %}
    {% if execute and conversionflow.raw_relation('touches') is not none
        and conversionflow.raw_relation('conversions') is not none %}
        {% set latest = run_query(
            'select touches.latest as touched_at, conversions.latest as converted_at, '
            ~ 'touches.latest < ' ~ dbt.dateadd('day', '-' ~ var('path_lookback_days'), 'conversions.latest')
            ~ ' as lags from ('
            ~ conversionflow.latest_event('touches', 'touched_at', conversionflow.touch_condition())
            ~ ') as touches cross join ('
            ~ conversionflow.latest_event('conversions', 'converted_at', conversionflow.conversion_condition())
            ~ ') as conversions'
        ).rows[0] %}
        {% if latest['touched_at'] is none and latest['converted_at'] is not none %}
            {{ exceptions.raise_compiler_error(
                'Nothing was built: the conversions reach to ' ~ latest['converted_at'] ~ ', and '
                ~ conversionflow.raw_relation('touches') ~ ' has no touch up to now, so every conversion would be '
                ~ 'credited to no touch. Load the touches, or look for what emptied the table.'
            ) }}
        {% endif %}
        {% if latest['lags'] %}
            {{ exceptions.raise_compiler_error(
                'Nothing was built: the touches end at ' ~ latest['touched_at'] ~ ', the conversions at '
                ~ latest['converted_at'] ~ '. That is more than path_lookback_days ('
                ~ var('path_lookback_days') ~ ') apart, so the late conversions would be credited to no touch. '
                ~ 'Load the touches that are missing, or look for what stopped them.'
            ) }}
        {% endif %}
    {% endif %}
{% endmacro %}
