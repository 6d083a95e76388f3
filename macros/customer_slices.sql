{#
    In how many slices of customers `journey_events` is built where all are. A sort that does not fit into memory goes on
    on disk. In slices that fit, a build takes the memory of one; but each of them reads all raw rows, so they are few. The
    sorts take about 150 bytes an event, and some of the memory is left for what else is at work. Postgres keeps its
    sorts small itself.
#}
{% macro customer_slices() %}
    {{ return(adapter.dispatch('customer_slices', 'conversionflow')()) }}
{% endmacro %}

{% macro default__customer_slices() %}
    {{ return(1) }}
{% endmacro %}

{% macro duckdb__customer_slices() %}
    {% set inputs = conversionflow.built_before('journey_inputs') %}
    {{ return(1 if inputs is none else run_query(
        'select greatest(1, ceil(sum(row_count) * 170 / '
        ~ "parse_formatted_bytes(current_setting('memory_limit')))) from " ~ inputs
    ).columns[0].values()[0] | int) }}
{% endmacro %}

{#
    Whether a customer lies in the slice that is being built (create_in_slices); always where there is one only. A range of
    hashes, as DuckDB does not pass a remainder on to where the raw rows are read; nor an id that may be another's alias, so
    where there are no aliases the `raw_customer_id` is asked for.
#}
{% macro lies_in_slice(customer_id, raw_customer_id=none) %}
    {% if conversionflow.customer_slices() == 1 %}
        {{ return('1 = 1') }}
    {% endif %}
    {% set customer_id = customer_id if raw_customer_id is none or conversionflow.has_aliases() else raw_customer_id %}
    {{ return('coalesce(hash(' ~ customer_id ~ ") between getvariable('first_hash') and getvariable('last_hash'), true)") }}
{% endmacro %}

{# Whether any customer has an alias; true where that is not known. #}
{% macro has_aliases() %}
    {% set aliases = conversionflow.built_before('stg_customer_aliases') %}
    {{ return(aliases is none or run_query('select count(*) from ' ~ aliases).columns[0].values()[0] > 0) }}
{% endmacro %}

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
