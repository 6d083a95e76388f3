{{ config(materialized='ephemeral') }}

-- The ids that more than one row has, or had, of changed events and of events
-- that are built twice: of the rows with such an id staging may now keep
-- another one.
with

changed as (

    select distinct
        source_table,
        event_id
    from {{ ref('changed_events') }}

),

final as (

    select
        repeated.source_table,
        repeated.event_id
    from {{ ref('repeated_ids') }} as repeated
    left join changed
        on
            repeated.source_table = changed.source_table
            and repeated.event_id = changed.event_id
    where changed.event_id is not null or repeated.is_built_twice

)

select * from final
