-- For every method each conversion's credit is 1 and its revenue is whole to
-- the cent, and the table by touchpoint holds the same totals.
with

conversions as (

    select
        conversion_id,
        coalesce(revenue, 0) as revenue
    from {{ ref('stg_conversions') }}

),

methods as (

    {% for method in var('attribution_list') %}
    select '{{ method }}' as method
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

credited as (

    select
        method,
        conversion_id,
        sum(credit) as credit,
        sum(revenue) as revenue
    from {{ ref('touch_attribution') }}
    group by method, conversion_id

),

totals as (

    select
        method,
        sum(conversions) as conversions,
        sum(revenue) as revenue
    from {{ ref('attribution') }}
    group by method

),

counted as (

    select
        1 as conversions,
        revenue
    from conversions

    union all

    select
        conversions,
        coalesce(revenue, 0) as revenue
    from {{ ref('stg_path_counts') }}

),

wanted_totals as (

    select
        methods.method,
        coalesce(sum(counted.conversions), 0) as wanted_conversions,
        coalesce(sum(counted.revenue), 0) as wanted_revenue
    from methods
    left join counted on 1 = 1
    group by methods.method

),

validation_errors as (

    select
        methods.method,
        conversions.conversion_id
    from conversions
    cross join methods
    left join credited
        on
            conversions.conversion_id = credited.conversion_id
            and methods.method = credited.method
    where
        credited.conversion_id is null
        or abs(credited.credit - 1) > 1e-9
        or abs(credited.revenue - conversions.revenue) >= 0.005

    union all

    select
        wanted_totals.method,
        '(total)' as conversion_id
    from wanted_totals
    left join totals on wanted_totals.method = totals.method
    where
        abs(coalesce(totals.conversions, 0) - wanted_totals.wanted_conversions)
        > 1e-9 * wanted_totals.wanted_conversions + 1e-9
        or abs(coalesce(totals.revenue, 0) - wanted_totals.wanted_revenue)
        >= 0.005

)

select * from validation_errors
