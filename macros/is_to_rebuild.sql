{# Whether the journeys of `customer_id` are built anew in this run. #}
{% macro is_to_rebuild(customer_id) %}
    {% if conversionflow.rebuilds_every_customer() %}
        {{ return('1 = 1') }}
    {% endif %}
    {{ return(customer_id ~ ' in (select customer_id from ' ~ ref('changed_customers') ~ ')') }}
{% endmacro %}
