-- The paths that were too long to be written event by event, as text.
with

final as (

    {{ long_paths(ref('journey_events'), ['customer_id', 'journey_number']) }}

)

select * from final
