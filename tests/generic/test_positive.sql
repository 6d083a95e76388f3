{# Fails for values that are not above 0; null passes. #}
{% test positive(model, column_name) %}

with

validation_errors as (

    select {{ column_name }} as value
    from {{ model }}
    where {{ column_name }} <= 0

)

select * from validation_errors

{% endtest %}
