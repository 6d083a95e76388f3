{# The table that materialization `by_customer` keeps beside its own, named for its `purpose`. #}
{% macro beside(relation, purpose) %}
    {{ return(none if relation is none else api.Relation.create(
        database=relation.database,
        schema=relation.schema,
        identifier=relation.identifier ~ '_' ~ purpose,
        type='table',
    )) }}
{% endmacro %}
