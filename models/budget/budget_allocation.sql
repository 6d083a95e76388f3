-- The plan: what to spend on each touchpoint and market per period, beside
-- what is spent today; of this build's scenarios, then of those saved.
with

final as (

    select
        scenario,
        market,
        touchpoint,
        cast(current_spend as numeric(18, 2)) as current_spend,
        cast(recommended_spend as numeric(18, 2)) as recommended_spend,
        cast(min_spend as numeric(18, 2)) as min_spend,
        cast(max_spend as numeric(18, 2)) as max_spend,
        spend_share,
        share_low,
        share_high,
        conversions_current,
        conversions_current_low,
        conversions_current_high,
        conversions_recommended,
        conversions_recommended_low,
        conversions_recommended_high,
        mroas,
        cpa,
        binding_rule,
        caution,
        run_id
    from {{ ref('budget_search') }}
    where record = 'allocation'

    {{ saved_scenarios('budget_allocation', [
        'scenario', 'market', 'touchpoint', 'current_spend',
        'recommended_spend', 'min_spend', 'max_spend', 'spend_share',
        'share_low', 'share_high', 'conversions_current',
        'conversions_current_low', 'conversions_current_high',
        'conversions_recommended', 'conversions_recommended_low',
        'conversions_recommended_high', 'mroas', 'cpa', 'binding_rule',
        'caution', 'run_id',
    ]) }}

)

select * from final
