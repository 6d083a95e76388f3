{# What follows `from` for raw table `name`: the table, or no rows where it does not exist. #}
{% macro raw_rows(name) %}
    {% set relation = conversionflow.raw_relation(name) %}
    {{ return(relation if relation is not none else '(select 1 as absent where 1 = 0) as absent') }}
{% endmacro %}
