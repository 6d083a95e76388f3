{# One row about the last build of a `by_customer` table: its run, the run before, and what it was before. #}
{% macro last_replacement(relation) %}
    {{ return(conversionflow.beside(relation, 'replacement')) }}
{% endmacro %}
