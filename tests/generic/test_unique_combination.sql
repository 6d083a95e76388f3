{# No two rows of the model share the values of `columns`: its key. #}
{% test unique_combination(model, columns) %}
    with

    validation_errors as (

        select
            {{ columns | join(', ') }},
            count(*) as copies
        from {{ model }}
        group by {{ columns | join(', ') }}
        having count(*) > 1

    )

    select * from validation_errors
{% endtest %}
