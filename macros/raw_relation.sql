{#
    The relation of raw table `name`, or none where it does not exist.
    The source node gives the lineage; a dotted `<name>_source` setting moves
    it to another schema or database.
#}
{% macro raw_relation(name) %}
    {% set node = source('raw', name) %}
    {% set path = var(name ~ '_source').split('.') %}
    {% set relation = api.Relation.create(
        database=path[-3] if path | length > 2 else node.database,
        schema=path[-2] if path | length > 1 else node.schema,
        identifier=path[-1],
    ) %}
    {{ return(load_relation(relation) if execute else relation) }}
{% endmacro %}
