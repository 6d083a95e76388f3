-- Counts that were seen beside counts that a fitted model would make.
with

final as (

    select
        model,
        basis,
        market,
        touchpoint,
        measure,
        statistic,
        observed,
        predicted,
        predicted_low,
        predicted_high,
        p_value,
        run_id
    from {{ ref('network_fit') }}
    where record = 'check'

)

select * from final
