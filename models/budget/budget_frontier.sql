{{ config(indexes=indexes_for_reports([['plan_id']])) }}

-- Plans of which none is as good as another in everything: more conversions,
-- a better worst case, less money moved.
with

final as (

    select
        scenario,
        plan_id,
        market,
        touchpoint,
        cast(spend as numeric(18, 2)) as spend,
        conversions,
        revenue,
        downside as uplift_downside,
        moved_share,
        recommended,
        run_id
    from {{ ref('budget_search') }}
    where record = 'frontier'

)

select * from final
