-- Every closed journey, and nothing else, counts once at its path, with its
-- outcome and its revenue.
with

journeys as (

    select
        path,
        sum(case when outcome = 'converted' then 1 else 0 end) as conversions,
        sum(case when outcome = 'lost' then 1 else 0 end) as non_conversions,
        coalesce(sum(revenue), 0) as revenue
    from {{ ref('journeys') }}
    where outcome <> 'open'
    group by path

),

paths as (

    select
        path,
        conversions,
        non_conversions,
        revenue
    from journeys

    union all

    select
        path,
        conversions,
        non_conversions,
        revenue
    from {{ ref('path_count_paths') }}

    union all

    select
        path,
        -conversions as conversions,
        -non_conversions as non_conversions,
        -revenue as revenue
    from {{ ref('path_summary') }}

),

validation_errors as (

    select
        path,
        sum(conversions) as conversions,
        sum(non_conversions) as non_conversions,
        sum(revenue) as revenue
    from paths
    group by path
    having
        sum(conversions) <> 0
        or sum(non_conversions) <> 0
        or sum(revenue) <> 0

)

select * from validation_errors
