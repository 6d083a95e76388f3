-- The page an executive opens on: one headline a row. A headline that cannot
-- be given has a null value, and its text says why.
{% set no_plan = 'There is no plan: run_manifest says why.' %}
{% set headlines = [
    {
        'headline': 'tracked_share', 'value': 'tracked_share',
        'unit': 'share of all orders', 'known': 'total_orders is not null',
        'text': 'No other figure goes beyond this share of orders.',
        'otherwise': 'Unknown: there is no sales table.',
    },
    {
        'headline': 'tracked_revenue', 'value': 'tracked_revenue',
        'unit': 'money', 'known': '1 = 1',
        'text': 'Revenue of all tracked conversions in the data.',
    },
    {
        'headline': 'current_spend', 'value': 'current_spend',
        'unit': 'money per ' ~ var('period'), 'known': 'uplift is not null',
        'text': 'Mean of the last ' ~ var('reference_periods') ~ ' periods.',
        'otherwise': no_plan,
    },
    {
        'headline': 'uplift', 'value': 'uplift',
        'low': 'uplift_low', 'high': 'uplift_high',
        'unit': 'tracked conversions per ' ~ var('period'),
        'known': 'uplift is not null',
        'text': 'Expected gain of the plan over today.',
        'otherwise': no_plan,
    },
    {
        'headline': 'probability_better', 'value': 'probability_better',
        'unit': 'probability', 'known': 'uplift is not null',
        'text': 'That the plan beats today, given model and data.',
        'otherwise': no_plan,
    },
    {
        'headline': 'money_moved', 'value': 'money_moved',
        'unit': 'money per ' ~ var('period'), 'known': 'uplift is not null',
        'text': 'What the plan takes from some to give to others.',
        'otherwise': no_plan,
    },
] %}

with

scope as (

    select
        cast(sum(tracked_revenue) as double precision) as tracked_revenue,
        sum(total_orders) as total_orders,
        cast(
            sum(
                case when total_orders is not null then tracked_orders end
            ) as double precision
        ) / nullif(sum(total_orders), 0) as tracked_share
    from {{ ref('attribution_scope') }}

),

plans as (

    select
        max(uplift) as uplift,
        max(uplift_low) as uplift_low,
        max(uplift_high) as uplift_high,
        max(probability_better) as probability_better
    from {{ ref('budget_plans') }}
    where scenario = 'fixed_budget'

),

moves as (

    select
        cast(sum(current_spend) as double precision) as current_spend,
        cast(
            sum(abs(recommended_spend - current_spend)) as double precision
        ) / 2 as money_moved
    from {{ ref('budget_allocation') }}
    where scenario = 'fixed_budget'

),

final as (

    {% for row in headlines %}
    {% set otherwise = row.get('otherwise', '') %}
    {% set value = 'cast(' ~ row['value'] ~ ' as double precision)' %}
    select
        cast({{ loop.index }} as bigint) as headline_order,
        cast('{{ row.headline }}' as text) as headline,
        {{ value }} as value,
        cast({{ row.get('low', 'null') }} as double precision) as low,
        cast({{ row.get('high', 'null') }} as double precision) as high,
        cast('{{ row.unit }}' as text) as unit,
        cast(
            case
                when {{ row.known }}
                    then '{{ row.text }}'
                else '{{ otherwise }}'
            end as text
        ) as explanation,
        cast({{ run_id() }} as text) as run_id
    from scope
    cross join plans
    cross join moves
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select * from final
