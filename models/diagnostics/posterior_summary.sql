-- The posterior of every parameter in figures, from all draws.
with

final as (

    select
        model,
        parameter,
        market,
        touchpoint,
        related_touchpoint,
        mean,
        sd,
        low,
        high,
        rhat,
        ess_bulk,
        ess_tail,
        run_id
    from {{ ref('network_fit') }}
    where record = 'summary'

)

select * from final
