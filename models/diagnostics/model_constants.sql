-- What a budget needs beside the draws: the scales the model was fitted on.
with

final as (

    select
        model,
        market,
        touchpoint,
        parameter as constant,
        value,
        run_id
    from {{ ref('network_fit') }}
    where record = 'constant'

)

select * from final
