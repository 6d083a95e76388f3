-- How far the plan and its promise move with each parameter, each prior and
-- the total budget.
with

final as (

    select
        scenario,
        kind,
        parameter,
        direction,
        market,
        touchpoint,
        value,
        uplift,
        uplift_of_best,
        cast(recommended_spend as numeric(18, 2)) as recommended_spend,
        effective_draws,
        run_id
    from {{ ref('budget_search') }}
    where record = 'sensitivity'

)

select * from final
