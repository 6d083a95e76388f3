-- Change 1: what journeys are made of in this run, each with a fingerprint: the
-- valid times of raw rows by day, the aliases one by one, and the seeds, the
-- settings and the SQL as a whole.
with

events as (

    select
        'touches' as input_name,
        touched_at as event_at,
        row_hash
    from {{ ref('stg_touches_raw') }}

    union all

    select
        'conversions' as input_name,
        converted_at as event_at,
        row_hash
    from {{ ref('stg_conversions_typed') }}

),

days as (

    select
        input_name,
        cast(event_at as date) as input_key,
        count(*) as row_count,
        sum(row_hash) as fingerprint
    from events
    where event_at <= {{ dbt.dateadd('day', 1, run_time()) }}
    group by 1, 2

),

final as (

    select
        cast(input_name as text) as input_name,
        cast(input_key as text) as input_key,
        cast(row_count as text) || ' ' || cast(fingerprint as text)
            as fingerprint
    from days

    union all

    select
        'customer_aliases' as input_name,
        customer_id as input_key,
        resolved_customer_id as fingerprint
    from {{ ref('stg_customer_aliases') }}

    union all

    {% for seed in ['channel_mapping', 'markets'] %}
    select
        '{{ seed }}' as input_name,
        '(all)' as input_key,
        coalesce(cast({{ rows_fingerprint(seed) }} as text), 'none')
            as fingerprint
    from {{ ref(seed) }} as {{ seed }}

    union all

    {% endfor %}
    select
        'definition' as input_name,
        '(all)' as input_key,
        '{{ journey_definition() }}' as fingerprint

)

select * from final
