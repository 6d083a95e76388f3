{{ config(indexes=indexes_for_reports([['market', 'touchpoint']])) }}

-- Expected tracked conversions of the market per period when one touchpoint's
-- spend moves and all others stay as they are today.
with

final as (

    select
        market,
        touchpoint,
        cast(spend_per_period as numeric(18, 2)) as spend_per_period,
        conversions,
        low,
        high,
        marginal_conversions,
        within_spend_seen,
        run_id
    from {{ ref('response_grid') }}

)

select * from final
