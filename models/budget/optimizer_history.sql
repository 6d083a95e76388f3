-- The population of the genetic search, generation by generation.
with

final as (

    select
        scenario,
        generation,
        best,
        mean,
        worst,
        diversity,
        run_id
    from {{ ref('budget_search') }}
    where record = 'generation'

)

select * from final
