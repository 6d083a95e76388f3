{#
    No row has a null in any of `columns`: what constraints check on a table,
    for a view.
#}
{% test no_nulls(model, columns) %}

with

validation_errors as (

    select * from {{ model }}
    where
        {% for column in columns %}
        {{ column }} is null{{ ' or' if not loop.last }}
        {% endfor %}

)

select * from validation_errors

{% endtest %}
