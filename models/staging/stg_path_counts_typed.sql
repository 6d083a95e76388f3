-- Raw path counts under the contract's names and types, valid or not; no rows
-- where there is no such table, or where touches are read in place of it.
with

source as (

    select *
    from {{ raw_rows('path_counts') }}
    {% if not reads_path_counts() %}
    where 1 = 0
    {% endif %}

),

final as (

    select
        {{ raw_field('path_counts', 'path', 'text') }},
        {{ raw_field('path_counts', 'conversions', 'bigint') }},
        {{ raw_field('path_counts', 'revenue', 'numeric(18, 2)') }},
        {{ raw_field('path_counts', 'non_conversions', 'bigint') }}
    from source

)

select * from final
