with

final as (

    select
        experiment_id,
        touchpoint,
        market,
        started_on,
        ended_on,
        spend_change,
        conversions_lift,
        lift_sd
    from {{ ref('stg_experiments_checked') }}
    where rejection_reason is null

)

select * from final
