{{ config(materialized='view') }}

-- The time of the last event: what happened after it nobody knows.
with

final as (

    select max(event_at) as data_end_at from {{ ref('journey_events') }}

)

select * from final
