-- Every raw row is kept or rejected, none is lost, none made.
{% set tables = [
    'touches', 'conversions', 'spend', 'sales', 'customer_aliases', 'path_counts',
    'experiments'
] %}

with

raw_rows as (

    {% for table in tables %}
    select
        '{{ table }}' as source_table,
        count(*) as rows_in
    from {{ ref('stg_' ~ table ~ '_typed') }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

rejected as (

    select
        source_table,
        count(*) as rows_rejected
    from {{ ref('rejected_rows') }}
    group by source_table

),

kept as (

    {% for table in tables %}
    select
        '{{ table }}' as source_table,
        count(*) as rows_kept
    from {{ ref('stg_' ~ table) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

validation_errors as (

    select
        raw_rows.source_table,
        raw_rows.rows_in,
        kept.rows_kept,
        coalesce(rejected.rows_rejected, 0) as rows_rejected
    from raw_rows
    inner join kept on raw_rows.source_table = kept.source_table
    left join rejected on raw_rows.source_table = rejected.source_table
    where
        raw_rows.rows_in
        <> kept.rows_kept + coalesce(rejected.rows_rejected, 0)

)

select * from validation_errors
