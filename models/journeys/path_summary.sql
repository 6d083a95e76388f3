-- How often each path was taken, and with what outcome, by closed journeys.
with

final as (

    select
        path,
        cast(sum(case when outcome = 'converted' then 1 else 0 end) as bigint)
            as conversions,
        cast(sum(case when outcome = 'lost' then 1 else 0 end) as bigint)
            as non_conversions,
        cast(coalesce(sum(revenue), 0) as numeric(18, 2)) as revenue,
        cast({{ run_id() }} as text) as run_id
    from {{ ref('journeys') }}
    where outcome <> 'open'
    group by path

)

select * from final
