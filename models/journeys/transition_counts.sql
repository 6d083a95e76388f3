-- Step 7: moves counted by period and market.
with

final as (

    select
        {{ period_start('moved_at') }} as period_start,
        market,
        touchpoint_from,
        touchpoint_to,
        cast(count(*) as bigint) as transitions,
        cast(coalesce(sum(revenue), 0) as numeric(18, 2)) as revenue
    from {{ ref('moves') }}
    group by 1, 2, 3, 4

)

select * from final
