-- The plan: what to spend on each touchpoint and market per period, beside
-- what is spent today.
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
        conversions_current,
        conversions_current_low,
        conversions_current_high,
        conversions_recommended,
        conversions_recommended_low,
        conversions_recommended_high,
        mroas,
        cpa,
        binding_rule,
        run_id
    from {{ ref('budget_search') }}
    where record = 'allocation'

)

select * from final
