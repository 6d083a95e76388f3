{{ config(materialized='ephemeral') }}

-- The ids of changed events that more than one row has, or had: of the rows
-- with such an id staging may now keep another one.
with

final as (

    select
        changed.source_table,
        changed.event_id
    from {{ ref('changed_events') }} as changed
    inner join {{ ref('repeated_ids') }} as repeated
        on
            changed.source_table = repeated.source_table
            and changed.event_id = repeated.event_id

)

select * from final
