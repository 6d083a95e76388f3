-- Credit of touchpoints for the conversions of aggregated paths. The rules
-- share out each path; the Markov credit is the chain's own total.
with

converted as (

    select
        *,
        cast(0 as double precision) as markov_weight
    from {{ ref('path_count_steps') }}
    where conversions > 0 or revenue > 0

),

totals as (

    select
        sum(conversions) as conversions,
        sum(revenue) as revenue
    from converted
    where step = 1

),

weighted as (

    {% for method in var('attribution_list') if method != 'markov' %}
    select
        '{{ method }}' as method,
        raw_path,
        touchpoint,
        conversions,
        revenue,
        cast({{ context['credit_' ~ method]() }} as double precision) as weight
    from converted
    union all
    {% endfor %}
    select
        'markov' as method,
        '(all)' as raw_path,
        weights.touchpoint,
        totals.conversions,
        totals.revenue,
        weights.target_conversions as weight
    from {{ ref('markov_weights') }} as weights
    cross join totals
    where
        totals.conversions is not null
        and {{ "'markov'" if 'markov' in var('attribution_list')
            else 'null' }} is not null

),

shared as (

    select
        *,
        weight / sum(weight) over (partition by method, raw_path) as credit
    from weighted

),

final as (

    select
        method,
        touchpoint,
        sum(credit * conversions) as conversions,
        sum(credit * cast(revenue as double precision)) as revenue
    from shared
    group by method, touchpoint

    {% for method in var('attribution_list') %}
    union all
    select
        '{{ method }}' as method,
        '(unattributed)' as touchpoint,
        cast(conversions as double precision) as conversions,
        cast(revenue as double precision) as revenue
    from {{ ref('path_count_paths') }}
    where path = '' and conversions > 0
    {% endfor %}

)

select * from final
