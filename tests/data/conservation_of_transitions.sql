-- Transitions out of a state are the visits of it by closed journeys, and every
-- closed journey leaves `(start)` once and reaches one end once.
with

closed_steps as (

    select
        touchpoint,
        sum(visits) as visits
    from (
        select
            touchpoint,
            1 as visits
        from {{ ref('path_steps') }}
        where outcome <> 'open'

        union all

        select
            touchpoint,
            conversions + non_conversions as visits
        from {{ ref('path_count_steps') }}
    ) as steps
    group by touchpoint

),

closed as (

    select sum(journeys) as journeys
    from (
        select count(*) as journeys
        from {{ ref('journeys') }}
        where outcome <> 'open'

        union all

        select coalesce(sum(conversions + non_conversions), 0) as journeys
        from {{ ref('stg_path_counts') }}
    ) as counted

),

visits as (

    select
        touchpoint as state,
        visits
    from closed_steps

    union all

    select
        '(start)' as state,
        journeys as visits
    from closed

    union all

    select
        'ends' as state,
        journeys as visits
    from closed

),

transitions as (

    select
        touchpoint_from as state,
        sum(transitions) as transitions
    from {{ ref('transitions') }}
    group by touchpoint_from

    union all

    select
        'ends' as state,
        sum(transitions) as transitions
    from {{ ref('transitions') }}
    where touchpoint_to in ('(conversion)', '(null)')

),

validation_errors as (

    select
        visits.visits,
        transitions.transitions,
        coalesce(visits.state, transitions.state) as state
    from visits
    full outer join transitions on visits.state = transitions.state
    where coalesce(visits.visits, 0) <> coalesce(transitions.transitions, 0)

)

select * from validation_errors
