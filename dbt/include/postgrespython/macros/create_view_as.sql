{# A view in place of the one of this name: what reads it and who may read it stay. #}
{% macro postgrespython__create_view_as(relation, sql) %}
    {% set sql_header = config.get('sql_header', none) %}
    {{ sql_header if sql_header is not none }}
    create or replace view {{ relation }}
    {% if config.get('contract').enforced %}
        {{ get_assert_columns_equivalent(sql) }}
    {% endif %}
    as (
        {{ sql }}
    )
{% endmacro %}
