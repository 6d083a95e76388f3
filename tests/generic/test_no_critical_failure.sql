{# No expectation has failed that makes all that follows unbelievable. #}
{% test no_critical_failure(model) %}
    with

    validation_errors as (

        select * from {{ model }}
        where severity = 'critical' and not success

    )

    select * from validation_errors
{% endtest %}
