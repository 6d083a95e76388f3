{# Whether any customer has an alias; true where that is not known. #}
{% macro has_aliases() %}
    {% set aliases = conversionflow.built_before('stg_customer_aliases') %}
    {{ return(aliases is none or run_query('select count(*) from ' ~ aliases).columns[0].values()[0] > 0) }}
{% endmacro %}
