-- Change 1: what journeys are made of in this run, each with a fingerprint: the
-- valid times of raw rows by day, the aliases one by one, and the seeds, the
-- settings, the SQL and the types of the raw columns as a whole.
with

days as (

    {% for table, rows, event_at in [
        ('touches', 'stg_touches_raw', 'touched_at'),
        ('conversions', 'stg_conversions_typed', 'converted_at'),
    ] %}
    select
        '{{ table }}' as input_name,
        cast({{ event_at }} as date) as input_key,
        count(*) as row_count,
        sum(row_hash) as fingerprint
    from {{ ref(rows) }}
    where {{ event_at }} <= {{ dbt.dateadd('day', 1, run_time()) }}
    group by 2
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

final as (

    select
        cast(input_name as text) as input_name,
        cast(input_key as text) as input_key,
        cast(row_count as text) || ' ' || cast(fingerprint as text)
            as fingerprint,
        row_count
    from days

    union all

    select
        'customer_aliases' as input_name,
        customer_id as input_key,
        resolved_customer_id as fingerprint,
        null as row_count
    from {{ ref('stg_customer_aliases') }}

    union all

    {% for seed in ['channel_mapping', 'markets'] %}
    select
        '{{ seed }}' as input_name,
        '(all)' as input_key,
        coalesce(cast({{ rows_fingerprint(seed) }} as text), 'none')
            as fingerprint,
        null as row_count
    from {{ ref(seed) }} as {{ seed }}

    union all

    {% endfor %}
    select
        'definition' as input_name,
        '(all)' as input_key,
        '{{ journey_definition() }}' as fingerprint,
        null as row_count

    union all

    select
        'raw_columns' as input_name,
        '(all)' as input_key,
        '{{ raw_types() }}' as fingerprint,
        null as row_count

)

select * from final
