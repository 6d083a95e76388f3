-- Raw experiments under the contract's names and types, valid or not; no rows
-- where the optional table is absent.
with

source as (

    select * from {{ raw_rows('experiments') }}

),

typed as (

    select
        {{ raw_field('experiments', 'experiment_id', 'text') }},
        {{ raw_field('experiments', 'touchpoint', 'text') }},
        {{ raw_field('experiments', 'market', 'text') }},
        {{ raw_field('experiments', 'started_on', 'date') }},
        {{ raw_field('experiments', 'ended_on', 'date') }},
        {{ raw_field('experiments', 'spend_change', 'numeric(18, 2)') }},
        {{ raw_field('experiments', 'conversions_lift', 'double precision') }},
        {{ raw_field('experiments', 'lift_sd', 'double precision') }}
    from source

),

final as (

    select
        typed.experiment_id,
        typed.touchpoint,
        {{ market('typed.market') }} as market,
        typed.started_on,
        typed.ended_on,
        {{ reporting_money('typed.spend_change', 'markets.exchange_rate') }}
            as spend_change,
        typed.conversions_lift,
        typed.lift_sd
    from typed
    left join {{ ref('markets') }} as markets
        on {{ market('typed.market') }} = markets.market

)

select * from final
