{{ config(
    materialized='by_customer',
    indexes=indexes_for_reports([['customer_id'], ['event_id']]),
    packed_as={
        'event_id': 'fsst',
        'touchpoint': 'dictionary',
        'next_touchpoint': 'dictionary',
        'market': 'dictionary',
        'event_market': 'dictionary',
        'conversion_type': 'dictionary',
        'short_path': 'fsst',
    },
    columns_of_open=[
        'customer_id', 'event_at', 'is_conversion', 'event_id', 'touchpoint',
        'conversion_type', 'ended_at', 'is_converted', 'revenue', 'market',
        'event_market', 'row_hash',
    ],
    columns_counted=counted_columns(),
) }}

-- Step 4: every valid event in its journey, with its place in the path and, at
-- the event that closes a journey, the path as text unless that is long. All
-- that follows reads this table. It does not say whether a journey is open or
-- lost: open ones are lost once the data end later, with no event of their own.
-- depends_on: {{ ref('changed_inputs') }}, {{ ref('changed_customers') }}
{% set transforms = path_transforms() | map(attribute='name') | list %}
{# with frequency_path there are no more steps than touchpoints #}
{% set is_short = '1 = 1' if 'frequency_path' in transforms
    else 'position <= ' ~ long_journey() %}

with

placed as (

    select
        *,
        first_value(event_at) over so_far as started_at,
        -- the conversion's market, else that of the first touch
        coalesce(conversion_market, first_value(market) over so_far)
            as journey_market,
        cast(count(*) filter (where is_step) over so_far as integer) as step,
        case when is_step then {{ next_step_value('touchpoint') }} end
            as next_touchpoint,
        case
            when closes_journey and {{ is_short }}
                then coalesce(
                    string_agg(step_name, ' > ')
                    filter (where is_step and {{ is_short }})
                        over so_far, ''
                )
        end as short_path
    from {{ ref('path_marks') }}
    -- the day does not divide a journey: it makes rows of journeys that ended
    -- together lie together, so that a batch passes over the old ones
    window
        so_far as (
            partition by
                cast(ended_at as date), customer_id, journey_number
            order by position
            rows between unbounded preceding and current row
        ),
        -- for macro `next_step_value`
        later as (
            partition by
                cast(ended_at as date), customer_id, journey_number
            order by position
            rows between 1 following and unbounded following
        )

),

final as (

    select
        customer_id,
        journey_number,
        position,
        event_at,
        is_conversion,
        event_id,
        touchpoint,
        conversion_type,
        closes_journey,
        ended_at,
        in_lookback,
        is_step,
        -- from here on revenue and market are the journey's, on all its rows
        is_converted,
        revenue,
        started_at,
        journey_market as market,
        -- the event's own, where it is another: what is null takes no time
        nullif(market, journey_market) as event_market,
        step,
        next_touchpoint,
        short_path,
        row_hash,
        {{ id_hash('event_id') }} as id_hash,
        cast({{ run_id() }} as uuid) as run_id
    from placed

)

select * from final
