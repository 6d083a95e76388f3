{# A UTC `timestamp` on the clock of `time_zone`, daylight saving included; UTC where the zone is null. #}
{% macro local_time(timestamp, time_zone) %}
    {{ return(adapter.dispatch('local_time', 'conversionflow')(timestamp, time_zone)) }}
{% endmacro %}

{% macro default__local_time(timestamp, time_zone) %}
    {{ return('case when ' ~ time_zone ~ ' is null then ' ~ timestamp
        ~ ' else timezone(' ~ time_zone ~ ", timezone('UTC', " ~ timestamp ~ ')) end') }}
{% endmacro %}
