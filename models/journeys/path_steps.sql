-- Step 4: the path of each journey as rows: its touches in look-back, on the
-- channels asked for, through `path_transforms` in the order given. A step
-- keeps the touch it stands for, so a name such as `a > b` does no harm.
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
        row_number() over (partition by journey_id order by position) as step,
        count(*) over (partition by journey_id) as steps
    from {{ ref('journey_touches') }}
    where
        in_lookback
        and {{ channel_condition('touchpoint') }}

),

steps_in_lookback as (

    select * from touches_in_path
    {% if var('path_lookback_steps') is not none %}
    where step > steps - {{ var('path_lookback_steps') }}
    {% endif %}

),

{% set relation = namespace(name='steps_in_lookback') %}
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
        cast(row_number() over (
            partition by journey_id order by step
        ) as bigint) as step,
        cast(count(*) over (partition by journey_id) as bigint) as steps,
        touch_id,
        touchpoint,
        step_name,
        market,
        touched_at,
        hours_to_conversion
    from {{ relation.name }}

)

select * from final
