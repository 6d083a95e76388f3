{{ config(materialized='table') }}

-- Each raw experiment with the first rule it breaks. Its lift is a total, so
-- all of its days must lie in periods that the models see.
with

experiments as (

    select
        *,
        row_number() over (
            partition by experiment_id, market, touchpoint
            order by started_on, ended_on, spend_change, conversions_lift
        ) as occurrence
    from {{ ref('stg_experiments_typed') }}

),

seen as (

    select
        min(period_start) as first_on,
        cast({{ dbt.dateadd(var('period'), 1, 'max(period_start)') }} as date)
            as next_on
    from {{ ref('periods') }}
    where is_complete

),

paid as (

    select
        market,
        touchpoint
    from {{ ref('touchpoint_periods') }}
    group by market, touchpoint
    having sum(spend) > 0 and sum(touches) > 0

),

final as (

    select
        experiments.experiment_id,
        experiments.touchpoint,
        experiments.market,
        experiments.started_on,
        experiments.ended_on,
        experiments.spend_change,
        experiments.conversions_lift,
        experiments.lift_sd,
        case
            when experiments.experiment_id is null
                then 'experiment_id is missing'
            when experiments.occurrence > 1
                then 'experiment_id is repeated for this touchpoint'
            when experiments.started_on is null
                then 'started_on is missing or cannot be read'
            when experiments.ended_on is null
                then 'ended_on is missing or cannot be read'
            when experiments.ended_on < experiments.started_on
                then 'ended_on is before started_on'
            when coalesce(experiments.spend_change, 0) = 0
                then 'spend_change is missing, 0 or cannot be read'
            when experiments.conversions_lift is null
                then 'conversions_lift is missing or cannot be read'
            when coalesce(experiments.lift_sd, 0) <= 0
                then 'lift_sd is missing or not above 0'
            when paid.touchpoint is null
                then 'touchpoint has no spend or no touches in that market'
            when
                coalesce(experiments.started_on < seen.first_on, true)
                or coalesce(experiments.ended_on >= seen.next_on, true)
                then 'its days are not all in complete periods'
        end as rejection_reason
    from experiments
    left join paid
        on
            experiments.market = paid.market
            and experiments.touchpoint = paid.touchpoint
    cross join seen

)

select * from final
