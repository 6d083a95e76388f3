{{ config(materialized='ephemeral') }}

-- Step 6: the paths of closed journeys, each with the change it makes to
-- `path_summary`: 1 for a path that came, -1 for one that went.
{% set events = events_to_count('path_summary') %}

with

long_paths as (

    {{ long_paths(events, ['customer_id', 'journey_number', 'change']) }}

),

final as (

    select
        coalesce(events.short_path, long_paths.path, '') as path,
        {{ outcome('events', 'events.data_end_at') }} as outcome,
        events.change,
        events.change * events.revenue as revenue
    from {{ events }} as events
    left join long_paths
        on
            events.customer_id = long_paths.customer_id
            and events.journey_number = long_paths.journey_number
            and events.change = long_paths.change
    where
        events.closes_journey
        and {{ outcome('events', 'events.data_end_at') }} <> 'open'

)

select * from final
