{#
    Whether a customer lies in the slice that is being built (create_in_slices); always where there is one only. A range of
    hashes, as DuckDB does not pass a remainder on to where the raw rows are read; nor an id that may be another's alias, so
    where there are no aliases the `raw_customer_id` is asked for.
#}
{% macro lies_in_slice(customer_id, raw_customer_id=none) %}
    {% if conversionflow.customer_slices() == 1 %}
        {{ return('1 = 1') }}
    {% endif %}
    {% set customer_id = customer_id if raw_customer_id is none or conversionflow.has_aliases() else raw_customer_id %}
    {{ return('coalesce(hash(' ~ customer_id ~ ") between getvariable('first_hash') and getvariable('last_hash'), true)") }}
{% endmacro %}
