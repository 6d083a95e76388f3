{#
    dbt's own view on DuckDB, in two statements less for each of its renames: DuckDB takes back what a transaction
    dropped, so that no backup is needed.
#}
{% materialization view, adapter='duckdb' %}
    {% set existing = load_cached_relation(this) %}
    {% set target_relation = this.incorporate(type='view') %}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% call statement('main') %}
        {{ conversionflow.drop_existing(existing) }}
        {{ get_create_view_as_sql(target_relation, sql) }}
    {% endcall %}

    {% do persist_docs(target_relation, model) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
