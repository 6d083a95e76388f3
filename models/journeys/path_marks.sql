{{ config(materialized='ephemeral') }}

-- Step 3: which touches are steps of their journey's path: those in look-back,
-- on the channels asked for, of these the last `path_lookback_steps`, and of
-- those what every one of `path_transforms` keeps, in the order given.
-- `step_name` is what the step is called in the path for people.
{% set asked_for = channel_condition('touchpoint') %}
{# the touch before is another one where those of other channels are left out #}
{% set before = 'previous_touchpoint' if asked_for == '1 = 1' else none %}

with

touches as (

    select * from {{ ref('journey_cuts') }}

),

{{ marked_steps('touches', 'in_lookback and ' ~ asked_for, before) }},

final as (

    select
        customer_id,
        journey_number,
        position,
        event_at,
        is_conversion,
        event_id,
        market,
        touchpoint,
        conversion_type,
        row_hash,
        closes_journey,
        ended_at,
        is_converted,
        revenue,
        conversion_market,
        in_lookback,
        is_step,
        step_name
    from marked

)

select * from final
