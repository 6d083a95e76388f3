-- Each plan's spends add up to its budget exactly and keep their bounds; that
-- of today's budget is expected to bring no less than today's.
with

allocated as (

    select
        scenario,
        sum(recommended_spend) as spent,
        sum(current_spend) as current_spend,
        sum(
            case
                when recommended_spend between min_spend and max_spend then 0
                else 1
            end
        ) as broken_bounds
    from {{ ref('budget_allocation') }}
    group by scenario

),

validation_errors as (

    select
        plans.scenario,
        plans.total_budget,
        allocated.spent,
        allocated.broken_bounds
    from {{ ref('budget_plans') }} as plans
    left join allocated on plans.scenario = allocated.scenario
    where
        allocated.scenario is null
        or allocated.spent <> plans.total_budget
        or allocated.broken_bounds > 0
        or plans.budget_residual <> 0
        or (not plans.feasible and plans.saved_at is null)
        or (
            plans.uplift < -1e-9
            and plans.scenario = 'fixed_budget'
            and plans.total_budget >= allocated.current_spend
        )

)

select * from validation_errors
