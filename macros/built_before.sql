{# The relation of this project's model `name` as an earlier run left it, outside this run's lineage; none without one. #}
{% macro built_before(name) %}
    {% if not execute %}
        {{ return(none) }}
    {% endif %}
    {% set node = graph.nodes['model.conversionflow.' ~ name] %}
    {{ return(load_relation(api.Relation.create(
        database=node.database, schema=node.schema, identifier=node.alias
    ))) }}
{% endmacro %}
