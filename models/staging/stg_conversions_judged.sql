-- depends_on: {{ ref('raw_validation') }}
-- Each conversion with the first rule that it breaks by itself.
with

final as (

    select
        conversion_id,
        customer_id,
        raw_customer_id,
        converted_at,
        revenue,
        conversion_type,
        market,
        row_hash,
        case
            when conversion_id is null then 'conversion_id is missing'
            when customer_id is null then 'customer_id is missing'
            when converted_at is null
                then 'converted_at is missing or cannot be read'
            when converted_at > {{ dbt.dateadd('day', 1, run_time()) }}
                then 'converted_at lies in the future'
            when revenue < 0 then 'revenue is negative'
        end as broken_rule
    from {{ ref('stg_conversions_typed') }}

)

select * from final
