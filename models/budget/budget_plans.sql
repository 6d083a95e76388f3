-- What each plan promises against today's, and how sure that is.
with

final as (

    select
        scenario,
        objective,
        model,
        cast(total_budget as numeric(18, 2)) as total_budget,
        conversions_current,
        conversions_current_low,
        conversions_current_high,
        conversions_recommended,
        conversions_recommended_low,
        conversions_recommended_high,
        uplift,
        uplift_low,
        uplift_high,
        probability_better,
        optimality_gap,
        optimality_reference,
        first_order_gap,
        cast(budget_residual as numeric(18, 2)) as budget_residual,
        feasible,
        run_id
    from {{ ref('budget_search') }}
    where record = 'plan'

)

select * from final
