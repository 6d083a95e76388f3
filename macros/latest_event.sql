{# Query for the latest time that is not in the future, of the rows of raw table `name` that fit. #}
{% macro latest_event(name, field, condition) %}
    {% set query %}
        select max({{ field }}) as latest
        from (
            select {{ conversionflow.raw_field(name, field, 'timestamp') }}
            from {{ conversionflow.raw_rows(name) }}
            where {{ condition }}
        ) as events
        where {{ field }} <= {{ dbt.dateadd('day', 1, conversionflow.run_time()) }}
    {% endset %}
    {{ return(query) }}
{% endmacro %}
