{{ config(materialized='ephemeral') }}

-- Step 3: which touches are steps of their journey's path: those in look-back,
-- on the channels asked for, that every one of `path_transforms` keeps, in the
-- order given. `step_name` is what the step is called in the path for people.
{% set transforms = path_transforms() %}
{% set all_channels = channel_condition('touchpoint') == '1 = 1' %}
{# the touchpoint before a step is known as long as nothing was taken out #}
{% set known = namespace(previous='previous_touchpoint' if all_channels else none) %}

with

marked_0 as (

    select
        *,
        in_lookback and {{ channel_condition('touchpoint') }} as is_step_0,
        touchpoint as step_name_0
    from {{ ref('journey_cuts') }}

),

{% for transform in transforms %}
{% set is_step = 'is_step_' ~ loop.index0 %}
marked_{{ loop.index }} as (

    select
        *,
        {{ context['path_transform_' ~ transform.name](
            is_step, known.previous, *transform.arguments
        ) }} as is_step_{{ loop.index }},
        {{ path_step_name(
            transform.name, is_step, 'step_name_' ~ loop.index0
        ) }} as step_name_{{ loop.index }}
    from marked_{{ loop.index0 }}

),

{% if transform.name not in ('unique_path', 'exposure_path') %}
{% set known.previous = none %}
{% endif %}
{% endfor %}
final as (

    select
        *,
        is_step_{{ transforms | length }} as is_step,
        step_name_{{ transforms | length }} as step_name
    from marked_{{ transforms | length }}

)

select * from final
