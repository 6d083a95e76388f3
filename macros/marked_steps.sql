{#
    The common table expressions `marked_0` to `marked` that say which of `touches` are steps of their journey's path:
    those that fit `condition` and that every transform keeps. Columns is_step and step_name, its name for people, are
    added to columns customer_id, journey_number, position and touchpoint. `previous_touchpoint` is the column
    that names the touchpoint before each touch that fits, or none; it holds as long as nothing is taken out.
#}
{% macro marked_steps(touches, condition, previous_touchpoint) %}
{% set transforms = conversionflow.path_transforms() %}
{% set known = namespace(previous=previous_touchpoint) %}
marked_0 as (

    select
        *,
        {{ condition }} as is_step_0,
        touchpoint as step_name_0
    from {{ touches }}

),

{% for transform in transforms %}
{% set is_step = 'is_step_' ~ loop.index0 %}
marked_{{ loop.index }} as (

    select
        *,
        {{ conversionflow['path_transform_' ~ transform.name](
            is_step, known.previous, *transform.arguments
        ) }} as is_step_{{ loop.index }},
        {{ conversionflow.path_step_name(
            transform.name, is_step, 'step_name_' ~ loop.index0
        ) }} as step_name_{{ loop.index }}
    from marked_{{ loop.index0 }}

),

{% if transform.name not in ('unique_path', 'exposure_path') %}
{% set known.previous = none %}
{% endif %}
{% endfor %}
marked as (

    select
        *,
        is_step_{{ transforms | length }} as is_step,
        step_name_{{ transforms | length }} as step_name
    from marked_{{ transforms | length }}

)
{% endmacro %}
