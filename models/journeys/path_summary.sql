{{ config(
    materialized='by_difference',
    key='path',
    counts_something='conversions + non_conversions > 0',
) }}

-- Step 7: how often each path was taken, and with what outcome, by closed
-- journeys. Where only some customers changed, only their paths are counted:
-- what these counted before, and the change.
{% set adds = adds_to_counts('path_summary') %}

with

changes as (

    select
        path,
        case when outcome = 'converted' then change else 0 end as conversions,
        case when outcome = 'lost' then change else 0 end as non_conversions,
        revenue
    from {{ ref('counted_paths') }}

),

paths as (

    select * from changes

    union all

    select
        path,
        conversions,
        non_conversions,
        revenue
    from {{ this if adds else ref('path_count_paths') }}
    {% if adds %}
    where path in (select changes.path from changes)
    {% endif %}

),

final as (

    select
        path,
        cast(sum(conversions) as bigint) as conversions,
        cast(sum(non_conversions) as bigint) as non_conversions,
        cast(coalesce(sum(revenue), 0) as numeric(18, 2)) as revenue,
        cast({{ run_id() }} as text) as run_id
    from paths
    group by path
    {% if not adds %}
    having sum(conversions + non_conversions) > 0
    {% endif %}

)

select * from final
