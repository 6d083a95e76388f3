-- How well each model predicts what it has not seen, and which one the plan
-- rests on.
with

final as (

    select
        model,
        observations,
        elpd_loo,
        elpd_loo_se,
        elpd_diff,
        weight,
        pareto_k_bad,
        elpd_holdout,
        selected,
        run_id
    from {{ ref('network_fit') }}
    where record = 'comparison'

)

select * from final
