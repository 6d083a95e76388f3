-- The paths that were too long to be written event by event, as text.
with

steps as (

    select * from {{ ref('journey_events') }}
    where is_step

),

final as (

    select
        steps.customer_id,
        steps.journey_number,
        {{ dbt.listagg(
            measure='steps.touchpoint',
            delimiter_text="' > '",
            order_by_clause='order by steps.step'
        ) }} as path
    from steps
    inner join {{ ref('journey_events') }} as closing_events
        on
            steps.customer_id = closing_events.customer_id
            and steps.journey_number = closing_events.journey_number
    where
        closing_events.closes_journey
        and closing_events.short_path is null
    group by steps.customer_id, steps.journey_number

)

select * from final
