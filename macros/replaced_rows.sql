{# The rows of a `by_customer` table that its last build replaced, as they were. #}
{% macro replaced_rows(relation) %}
    {{ return(conversionflow.beside(relation, 'replaced')) }}
{% endmacro %}
