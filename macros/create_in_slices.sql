{#
    Statements that create table `relation` of the model's `sql`, one slice of customers after the other. The model's setting
    `packed_as` says how columns are packed of which that is known: else the warehouse tries all ways it has.
#}
{% macro create_in_slices(relation, sql) %}
    {{ return(adapter.dispatch('create_in_slices', 'conversionflow')(relation, sql)) }}
{% endmacro %}

{% macro default__create_in_slices(relation, sql) %}
    {{ return(create_table_as(False, relation, sql)) }}
{% endmacro %}

{% macro duckdb__create_in_slices(relation, sql) %}
    {% set slices = conversionflow.customer_slices() %}
    {% set packed_as = config.get('packed_as', {}) %}
    create table {{ relation }} (
        {% for column in adapter.get_column_schema_from_query(sql) %}
        {{ column.quoted }} {{ column.data_type }}
        {%- if column.name in packed_as %} using compression {{ packed_as[column.name] }}{% endif %}
        {%- if not loop.last %},{% endif %}

        {% endfor %}
    );
    {% for slice in range(slices) %}
    {% if slices > 1 %}
    set variable first_hash = cast({{ slice * 2 ** 64 // slices }} as ubigint);
    set variable last_hash = cast({{ (slice + 1) * 2 ** 64 // slices - 1 }} as ubigint);
    {% endif %}
    insert into {{ relation }}
    {{ sql }};
    {% endfor %}
    {% if slices > 1 %}
    reset variable first_hash;
    reset variable last_hash
    {% endif %}
{% endmacro %}
