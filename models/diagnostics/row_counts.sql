{{ config(materialized='view') }}

-- Rows of each raw table: in, kept, rejected.
with

final as (

    {% for table in [
    'touches', 'conversions', 'spend', 'sales', 'customer_aliases', 'path_counts',
    'experiments'
] %}
    select
        cast('{{ table }}' as text) as source_table,
        cast(count(*) as bigint) as rows_in,
        cast(count(*) - count(rejection_reason) as bigint) as rows_kept,
        cast(count(rejection_reason) as bigint) as rows_rejected
    from {{ ref('stg_' ~ table ~ '_checked') }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select * from final
