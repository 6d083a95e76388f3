{#
    Lower-case column name -> data type of raw table `name`; empty where the
    table does not exist.
#}
{% macro raw_columns(name) %}
    {% set columns = {} %}
    {% set relation = conversionflow.raw_relation(name) if execute else none %}
    {% if relation is not none %}
        {% for column in adapter.get_columns_in_relation(relation) %}
            {% do columns.update({column.name | lower: column.data_type | lower}) %}
        {% endfor %}
    {% endif %}
    {{ return(columns) }}
{% endmacro %}
