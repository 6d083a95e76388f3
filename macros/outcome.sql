{# How an event's journey ended, as far as the data that end at `data_end_at` can tell. #}
{% macro outcome(events, data_end_at) %}
    case
        when {{ events }}.is_converted then 'converted'
        when {{ events }}.ended_at > {{ dbt.dateadd(
            'day', '-' ~ var('journey_inactivity_days'), data_end_at
        ) }} then 'open'
        else 'lost'
    end
{% endmacro %}
