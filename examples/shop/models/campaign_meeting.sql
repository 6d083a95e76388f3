with

credited as (

    select
        touchpoint,
        sum(case when method = 'last_touch' then conversions else 0 end)
            as conversions_last_touch,
        sum(case when method = 'linear' then conversions else 0 end)
            as conversions_linear
    from {{ ref('conversionflow', 'attribution') }}
    group by touchpoint

),

planned as (

    select
        touchpoint,
        sum(current_spend) as weekly_spend,
        sum(recommended_spend) as weekly_spend_planned
    from {{ ref('conversionflow', 'budget_allocation') }}
    where scenario = 'fixed_budget'
    group by touchpoint

),

final as (

    select
        credited.touchpoint,
        credited.conversions_last_touch,
        credited.conversions_linear,
        planned.weekly_spend,
        planned.weekly_spend_planned
    from credited
    left join planned
        on credited.touchpoint = planned.touchpoint

)

select * from final
