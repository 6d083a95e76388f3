{# The table that materialization `by_customer` keeps beside `relation` for a `purpose`. #}
{% macro beside(relation, purpose) %}
    {{ return(none if relation is none else api.Relation.create(
        database=relation.database,
        schema=relation.schema,
        identifier=relation.identifier ~ '_' ~ purpose,
        type='table',
    )) }}
{% endmacro %}
