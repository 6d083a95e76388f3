-- What each plan promises against today's, and how sure that is; of this
-- build's scenarios, then of those saved.
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
        uplift_downside,
        probability_better,
        roas,
        cpa,
        mroas,
        target_figure,
        target,
        target_met,
        optimality_gap,
        optimality_reference,
        first_order_gap,
        cast(budget_residual as numeric(18, 2)) as budget_residual,
        feasible,
        caution,
        cast(null as timestamp) as saved_at,
        run_id
    from {{ ref('budget_search') }}
    where record = 'plan'

    {{ saved_scenarios('budget_plans', [
        'scenario', 'objective', 'model', 'total_budget',
        'conversions_current', 'conversions_current_low',
        'conversions_current_high', 'conversions_recommended',
        'conversions_recommended_low', 'conversions_recommended_high',
        'uplift', 'uplift_low', 'uplift_high', 'uplift_downside',
        'probability_better', 'roas', 'cpa', 'mroas', 'target_figure',
        'target', 'target_met', 'optimality_gap', 'optimality_reference',
        'first_order_gap', 'budget_residual', 'feasible', 'caution',
        'saved_at', 'run_id',
    ]) }}

)

select * from final
