{{ config(
    materialized='incremental',
    unique_key='run_id',
    on_schema_change='append_new_columns',
) }}

-- One row per run: what it read, with which settings and versions, how long it
-- took, and what it could not give.
with

counts as (

    select
        cast(sum(rows_in) as bigint) as rows_in,
        cast(sum(rows_kept) as bigint) as rows_kept,
        cast(sum(rows_rejected) as bigint) as rows_rejected,
        {{ dbt.listagg(
            measure="source_table || ': ' || cast(rows_in as text) || ' in, '
                || cast(rows_kept as text) || ' kept, '
                || cast(rows_rejected as text) || ' rejected'",
            delimiter_text="'; '",
            order_by_clause='order by ' ~ bytewise('source_table')
        ) }} as row_counts
    from {{ ref('row_counts') }}

),

notes as (

    select
        cast(count(case when kind = 'warning' then 1 end) as bigint)
            as warning_count,
        {{ dbt.listagg(
            measure="case when kind = 'warning' then note end",
            delimiter_text="'; '",
            order_by_clause='order by ' ~ bytewise('note')
        ) }} as warnings,
        cast(count(case when kind = 'degradation' then 1 end) as bigint)
            as degradation_count,
        {{ dbt.listagg(
            measure="case when kind = 'degradation' then note end",
            delimiter_text="'; '",
            order_by_clause='order by ' ~ bytewise('note')
        ) }} as degradations
    from {{ ref('run_notes') }}

),

sampling as (

    select cast(coalesce(sum(seconds), 0) as double precision) as seconds
    from {{ ref('mcmc_diagnostics') }}

),

chains as (

    select
        {{ dbt.listagg(
            measure="work",
            delimiter_text="'; '",
            order_by_clause='order by ' ~ bytewise('work')
        ) }} as sampling_work
    from {{ ref('network_fit') }}
    where record = 'attempt'

),

plans as (

    select max(model) as model
    from {{ ref('budget_plans') }}
    where saved_at is null

),

environment as (

    select * from {{ ref('run_environment') }}

),

final as (

    select
        cast({{ run_id() }} as text) as run_id,
        {{ run_time() }} as started_at,
        cast(
            timezone('UTC', current_timestamp) as timestamp
        ) as finished_at,
        cast('{{ target.type }}' as text) as warehouse,
        cast({{ settings_json() }} as text) as settings,
        cast({{ var('random_seed') }} as bigint) as random_seed,
        counts.rows_in,
        counts.rows_kept,
        counts.rows_rejected,
        counts.row_counts,
        environment.data_hash,
        environment.versions,
        cast(environment.cores as bigint) as cores,
        cast(environment.memory_megabytes as bigint) as memory_megabytes,
        plans.model as plan_model,
        sampling.seconds as sampling_seconds,
        chains.sampling_work,
        notes.warning_count,
        notes.warnings,
        notes.degradation_count,
        notes.degradations
    from counts
    cross join notes
    cross join sampling
    cross join chains
    cross join plans
    cross join environment

)

select * from final
