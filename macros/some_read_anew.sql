{# Whether there are customers whose rows staging gives anew. Known once `changed_customers` is built. #}
{% macro some_read_anew() %}
    {% if not execute %}
        {{ return(true) }}
    {% endif %}
    {% set changed_customers = conversionflow.built_before('changed_customers') %}
    {{ return(changed_customers is none or run_query(
        'select count(*) from ' ~ changed_customers ~ ' where is_read_anew'
    ).columns[0].values()[0] > 0) }}
{% endmacro %}
