-- The transition network over all periods and markets, with the posterior
-- interval of each probability.
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
