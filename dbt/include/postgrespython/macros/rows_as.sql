{#
    What makes the table `relation`: SQL, or the code of a Python model, which the adapter runs, with the name of the
    table its result goes to. The code comes first, so that its lines keep their numbers.
#}
{% macro postgrespython__rows_as(temporary, relation) %}
    {% if model['language'] == 'python' %}
        {{ return(compiled_code ~ '\n\nwritten_to = ' ~ [relation | string, temporary | int] | tojson) }}
    {% endif %}
    {{ return(get_create_table_as_sql(temporary, relation, compiled_code)) }}
{% endmacro %}
