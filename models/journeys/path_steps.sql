-- Step 4: the path of each journey as rows: its touches in look-back, on the
-- channels asked for, through `path_transforms` in the order given. A step
-- keeps the touch it stands for, so a name such as `a > b` does no harm, and
-- names the step after it, null at the path's end.
with

touches_in_path as (

    select
        journey_id,
        touch_id,
        touchpoint,
        touchpoint as step_name,
        market,
        touched_at,
        hours_to_conversion,
        position as step
    from {{ ref('journey_touches') }}
    where
        in_lookback
        and {{ channel_condition('touchpoint') }}

),

{% set relation = namespace(name='touches_in_path') %}
{% if var('path_lookback_steps') is not none %}
steps_in_lookback as (

    {{ path_transform_trim_long_path(
        relation.name, var('path_lookback_steps')
    ) }}

),
{% set relation.name = 'steps_in_lookback' %}
{% endif %}
{% for transform in path_transforms() %}
{{ transform.name }}_{{ loop.index }} as (

    {{ context['path_transform_' ~ transform.name](
        relation.name, *transform.arguments
    ) }}

),
{% set relation.name = transform.name ~ '_' ~ loop.index %}
{% endfor %}

final as (

    select
        journey_id,
        touch_id,
        touchpoint,
        step_name,
        market,
        touched_at,
        hours_to_conversion,
        cast(row_number() over path as bigint) as step,
        lead(touchpoint) over path as next_touchpoint
    from {{ relation.name }}
    window path as (partition by journey_id order by step)

)

select * from final
