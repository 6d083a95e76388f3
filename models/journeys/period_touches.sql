{{ config(materialized='ephemeral') }}

-- The touches of each period, and those of them whose journeys are open. Where
-- only some customers changed, the touches of their closed journeys change the
-- counts that `periods` holds.
with

closed as (

    select
        {{ period_start(local_time(
            'events.event_at', 'markets.time_zone'
        )) }} as period_start,
        sum(events.change) as touches,
        0 as open_touches
    from {{ events_to_count('periods') }} as events
    left join {{ ref('markets') }} as markets
        on events.market = markets.market
    where
        not events.is_conversion
        and {{ outcome('events', 'events.data_end_at') }} <> 'open'
    group by 1

),

{% if adds_to_counts('periods') %}
closed_before as (

    select
        period_start,
        touches - open_touches as touches,
        0 as open_touches
    from {{ built_before('periods') }}

),
{% endif %}

still_open as (

    select
        {{ period_start(local_time(
            'events.event_at', 'markets.time_zone'
        )) }} as period_start,
        count(*) as touches,
        count(*) as open_touches
    from {{ ref('journey_events') }} as events
    left join {{ ref('markets') }} as markets
        on events.market = markets.market
    cross join {{ ref('data_end') }} as data_end
    where
        not events.is_conversion
        and {{ outcome('events', 'data_end.data_end_at') }} = 'open'
    group by 1

),

touches as (

    select * from closed
    {% if adds_to_counts('periods') %}
    union all
    select * from closed_before
    {% endif %}
    union all
    select * from still_open

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
