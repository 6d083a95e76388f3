{{ config(materialized='ephemeral') }}

-- Step 6: the valid touches of each period, on the clock of the journey's
-- market, and those of them whose journeys are open. Where only some customers
-- changed, their touches change the counts that `periods` holds.
with

touches as (

    select
        {{ period_start(local_time(
            'events.event_at', 'markets.time_zone'
        )) }} as period_start,
        events.change as touches,
        case
            when {{ outcome('events', 'events.data_end_at') }} = 'open'
                then events.change
            else 0
        end as open_touches
    from {{ events_to_count('periods') }} as events
    left join {{ ref('markets') }} as markets
        on events.market = markets.market
    where not events.is_conversion

    {% if adds_to_counts('periods') %}
    union all

    select
        period_start,
        touches,
        open_touches
    from {{ built_before('periods') }}
    {% endif %}

),

final as (

    select
        period_start,
        sum(touches) as touches,
        sum(open_touches) as open_touches
    from touches
    group by 1
    having sum(touches) > 0

)

select * from final
