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
    hashes, as DuckDB does not pass a remainder on to where the raw rows are read.
#}
{% macro lies_in_slice(customer_id) %}
    {{ return('1 = 1' if conversionflow.customer_slices() == 1
        else 'coalesce(hash(' ~ customer_id ~ ") between getvariable('first_hash') and getvariable('last_hash'), true)") }}
{% endmacro %}

{# Statements that create table `relation` of the model's `sql`, one slice of customers after the other. #}
{% macro create_in_slices(relation, sql) %}
    {% set slices = conversionflow.customer_slices() %}
    {% if slices == 1 %}
        {{ return(create_table_as(False, relation, sql)) }}
    {% endif %}
    {% for slice in range(slices) %}
    set variable first_hash = cast({{ slice * 2 ** 64 // slices }} as ubigint);
    set variable last_hash = cast({{ (slice + 1) * 2 ** 64 // slices - 1 }} as ubigint);
    {% if loop.first %}
    {{ create_table_as(False, relation, sql) }}
    {% else %}
    insert into {{ relation }}
    {{ sql }};
    {% endif %}
    {% endfor %}
    reset variable first_hash;
    reset variable last_hash
{% endmacro %}
