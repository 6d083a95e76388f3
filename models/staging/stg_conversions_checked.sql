{{ config(materialized='table') }}

-- depends_on: {{ ref('raw_validation') }}
-- Each conversion with the first rule it breaks. Of the rows with one id the
-- earliest valid one is kept.
with

conversions as (

    select * from {{ ref('stg_conversions_typed') }}

),

judged as (

    select
        *,
        case
            when conversion_id is null then 'conversion_id is missing'
            when customer_id is null then 'customer_id is missing'
            when converted_at is null
                then 'converted_at is missing or cannot be read'
            when converted_at > {{ dbt.dateadd('day', 1, run_time()) }}
                then 'converted_at lies in the future'
            when revenue < 0 then 'revenue is negative'
        end as broken_rule
    from conversions

),

numbered as (

    select
        *,
        row_number() over (
            partition by conversion_id
            order by
                case when broken_rule is null then 0 else 1 end,
                converted_at,
                customer_id,
                revenue
        ) as copy_number
    from judged

),

final as (

    select
        conversion_id,
        customer_id,
        converted_at,
        revenue,
        conversion_type,
        market,
        coalesce(
            broken_rule,
            case when copy_number > 1 then 'conversion_id is repeated' end
        ) as rejection_reason
    from numbered

)

select * from final
