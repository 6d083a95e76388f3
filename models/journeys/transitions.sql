-- Step 8: the transition network: `transition_counts` summed over all periods
-- and markets. A probability is the share of the moves that leave a state; its
-- interval is that of Beta(n_ij + 1/2, n_i - n_ij + 1/2), which the model
-- `transition_intervals` works out (python_models/).
with

final as (

    select
        touchpoint_from,
        touchpoint_to,
        transitions,
        transition_probability,
        probability_low,
        probability_high,
        run_id
    from {{ ref('transition_intervals') }}

)

select * from final
