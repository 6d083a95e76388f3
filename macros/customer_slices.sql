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
