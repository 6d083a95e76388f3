{{ config(
    indexes=indexes_for_reports([['model', 'parameter', 'touchpoint']])
) }}

-- Draws from the posterior of every parameter: what the budget search reads.
with

final as (

    select
        model,
        chain,
        draw,
        parameter,
        market,
        touchpoint,
        related_touchpoint,
        value,
        run_id
    from {{ ref('network_fit') }}
    where record = 'draw'

)

select * from final
