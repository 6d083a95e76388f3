-- The plan's spends add up to its budget exactly, keep their bounds, and are
-- expected to bring no less than today's.
with

allocated as (

    select
        scenario,
        sum(recommended_spend) as spent,
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
        or not plans.feasible
        or plans.uplift < -1e-9

)

select * from validation_errors
