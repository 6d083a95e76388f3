-- The priors in force, and whether a setting gave them.
with

final as (

    select
        model,
        parameter,
        distribution,
        arguments,
        source,
        run_id
    from {{ ref('network_fit') }}
    where record = 'prior'

)

select * from final
