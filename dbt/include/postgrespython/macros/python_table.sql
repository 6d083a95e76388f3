{#
    The Python model's code with the relation its result goes to; the adapter runs it. The code comes first, so that
    its lines keep their numbers.
#}
{% macro postgrespython__python_table(relation, temporary) %}
    {{ return(compiled_code ~ '\n\nwritten_to = ' ~ [relation | string, temporary | int] | tojson) }}
{% endmacro %}

{% macro postgrespython__rows_as(temporary, relation) %}
    {% if model['language'] == 'python' %}
        {{ return(postgrespython__python_table(relation, temporary)) }}
    {% endif %}
    {{ return(get_create_table_as_sql(temporary, relation, compiled_code)) }}
{% endmacro %}
