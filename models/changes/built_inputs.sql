-- Change 8: what the journeys are made of that now lie in the warehouse. Built
-- after them, so that a build that is stopped before this is done again.
-- depends_on: {{ ref('journey_events') }}
with

final as (

    select
        input_name,
        input_key,
        fingerprint,
        cast({{ run_id() }} as text) as run_id
    from {{ ref('journey_inputs') }}

)

select * from final
