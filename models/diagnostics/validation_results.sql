-- What the expectation suites found, on the raw tables and on the plan.
with

results as (

    select * from {{ ref('raw_validation') }}
    union all
    select * from {{ ref('plan_validation') }}

),

final as (

    select
        suite,
        expectation,
        "column",
        severity,
        success,
        observed,
        unexpected_count,
        unexpected_share,
        run_id
    from results

)

select * from final
