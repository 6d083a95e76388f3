-- Every attempt to sample a model, and whether it passed the convergence gate.
with

final as (

    select
        model,
        attempt,
        rhat_max,
        ess_bulk_min,
        ess_tail_min,
        divergences,
        ebfmi_min,
        tree_depth_max_share,
        seconds,
        converged,
        action,
        run_id
    from {{ ref('network_fit') }}
    where record = 'attempt'

)

select * from final
