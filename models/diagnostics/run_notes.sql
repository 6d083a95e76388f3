-- What a reader of this run's figures must know: warnings, and degradations,
-- that is, results that could not be given and why.
with

notes as (

    select
        'warning' as kind,
        suite || ': ' || expectation || coalesce(' of ' || "column", '')
        || ' not met (' || coalesce(observed, 'nothing') || ')' as note
    from {{ ref('validation_results') }}
    where not success

    union all

    select
        'warning' as kind,
        cast(sum(touches) as text) || ' touches of ' || cast(count(*) as text)
        || ' sources fit no rule of channel_mapping and are (unassigned); '
        || 'stg_channel_matches names them' as note
    from {{ ref('stg_channel_matches') }}
    where is_unassigned
    having count(*) > 0

    union all

    select
        'warning' as kind,
        'Rows of ' || source_table || ' that were rejected: '
        || cast(count(*) as text) || '; rejected_rows names them and says why'
            as note
    from {{ ref('rejected_rows') }}
    group by source_table

    union all

    select
        record as kind,
        note
    from {{ ref('network_fit') }}
    where record in ('warning', 'degradation')

    union all

    select
        record as kind,
        note
    from {{ ref('budget_search') }}
    where record in ('warning', 'degradation')

    union all

    select
        'warning' as kind,
        'Credit of touches cannot add up to the totals of the Markov chain; '
        || 'markov_weights shows by how much each is missed' as note
    from {{ ref('markov_weights') }}
    where
        worst_deviation > 1e-6
        and (select count(*) from {{ ref('stg_path_counts') }}) = 0
    having count(*) > 0

    {% if reads_path_counts() %}
    union all

    select
        'degradation' as kind,
        'There are path_counts in place of touches and conversions: no times, '
        || 'so no journeys, no periods and no budget advice. Bring them with: '
        || 'conversionflow load touches FILE, and conversions alike' as note
    {% elif raw_relation('path_counts') is not none %}
    union all

    select
        'warning' as kind,
        'path_counts were not read, because there are touches or conversions'
            as note
    {% endif %}

    {% if raw_relation('sales') is none %}
    union all

    select
        'degradation' as kind,
        'There is no sales table, so nobody knows what share of all '
        || 'sales these figures speak of. Bring it with: '
        || 'conversionflow load sales FILE' as note
    {% endif %}

),

final as (

    select
        cast(kind as text) as kind,
        cast(note as text) as note,
        cast({{ run_id() }} as text) as run_id
    from notes

)

select * from final
