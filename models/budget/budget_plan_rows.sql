{{ config(materialized='view') }}

-- The rows of the plan beside their plan's total: what its expectations judge.
with

final as (

    select
        allocation.scenario,
        allocation.market,
        allocation.touchpoint,
        allocation.current_spend,
        allocation.recommended_spend,
        allocation.min_spend,
        allocation.max_spend,
        allocation.conversions_current,
        allocation.conversions_recommended,
        plans.total_budget
    from {{ ref('budget_allocation') }} as allocation
    inner join {{ ref('budget_plans') }} as plans
        on allocation.scenario = plans.scenario
    where plans.saved_at is null

)

select * from final
