{# The key of an event's journey: the customer and the number of the journey in their history. #}
{% macro journey_id(events) %}
    {{ return(events ~ ".customer_id || ':' || cast(" ~ events ~ '.journey_number as text)') }}
{% endmacro %}
