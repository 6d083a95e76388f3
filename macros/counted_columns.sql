{#
    The columns of `journey_events` that counts of closed journeys and of touches read (events_to_count). Of journeys that
    stay as they are and may close now a batch sets nothing else aside.
#}
{% macro counted_columns() %}
    {{ return([
        'customer_id', 'journey_number', 'position', 'event_at', 'is_conversion', 'touchpoint', 'closes_journey', 'ended_at',
        'is_step', 'is_converted', 'revenue', 'started_at', 'market', 'step', 'next_touchpoint', 'short_path',
    ]) }}
{% endmacro %}
