{{ config(indexes=indexes_for_reports([['conversion_id']])) }}

-- The credit of every touch for its conversion, by each method of
-- `attribution_list`. A method is a weight per step (macro credit_<method>);
-- dividing by the conversion's total makes its credits sum to 1. A conversion
-- that no touch explains is credited to `(unattributed)`.
with

weighted as (

    {% for method in var('attribution_list') %}
    select
        cast('{{ method }}' as text) as method,
        conversion_id,
        conversion_type,
        touch_id,
        steps,
        revenue,
        cast({{ context['credit_' ~ method]() }} as double precision) as weight
    from {{ ref('converted_steps') }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

totalled as (

    select
        *,
        sum(weight) over (partition by method, conversion_id) as total_weight
    from weighted

),

credited as (

    select
        method,
        conversion_id,
        conversion_type,
        touch_id,
        revenue,
        -- where no step has any weight they share alike
        case
            when total_weight > 0 then weight / total_weight
            else cast(1.0 as double precision) / steps
        end as credit
    from totalled

),

methods as (

    {% for method in var('attribution_list') %}
    select cast('{{ method }}' as text) as method
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

unattributed as (

    select
        methods.method,
        journeys.conversion_id,
        journeys.conversion_type,
        '(unattributed)' as touch_id,
        cast(1.0 as double precision) as credit,
        coalesce(journeys.revenue, 0) as revenue
    from {{ ref('journeys') }} as journeys
    cross join methods
    where
        journeys.outcome = 'converted'
        and journeys.step_count = 0

),

final as (

    select
        method,
        conversion_id,
        conversion_type,
        touch_id,
        credit,
        credit * cast(revenue as double precision) as revenue,
        cast({{ run_id() }} as text) as run_id
    from credited
    where credit > 0

    union all

    select
        method,
        conversion_id,
        conversion_type,
        touch_id,
        credit,
        cast(revenue as double precision) as revenue,
        cast({{ run_id() }} as text) as run_id
    from unattributed

)

select * from final
