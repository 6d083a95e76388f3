{# The key of this `dbt` run that every row of a result table carries. #}
{% macro run_id() %}
    {{ return("'" ~ invocation_id ~ "'") }}
{% endmacro %}
