{# The columns of a journey's event, of the rows of `stg_touches` or of `stg_conversions`, by the name of their raw table. #}
{% macro event_columns(table) %}
    customer_id,
    {% if table == 'touches' %}
    touched_at as event_at,
    false as is_conversion,
    touch_id as event_id,
    market,
    touchpoint,
    cast(null as text) as conversion_type,
    cast(null as numeric(18, 2)) as revenue,
    {% else %}
    converted_at as event_at,
    true as is_conversion,
    conversion_id as event_id,
    market,
    cast(null as text) as touchpoint,
    conversion_type,
    revenue,
    {% endif %}
    row_hash
{% endmacro %}
