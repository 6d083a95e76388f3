-- Beside step 4: the paths that `journey_events` leaves out for their length.
with

final as (

    {{ long_paths(ref('journey_events'), ['customer_id', 'journey_number']) }}

)

select * from final
