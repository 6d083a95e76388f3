{#
    dbt's own table on DuckDB, with one statement in place of six that drop and rename: DuckDB takes back what a
    transaction dropped, so that no backup is needed.
#}
{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] %}
    {% set existing = load_cached_relation(this) %}
    {% set target_relation = this.incorporate(type='table') %}
    {% set built = make_intermediate_relation(target_relation) %}
    {# of a Python model that was killed: it is written outside of the transaction #}
    {{ drop_relation_if_exists(load_cached_relation(built)) }}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% call statement('main', language=model['language']) %}
        {{- create_table_as(False, built, compiled_code, model['language']) -}}
    {% endcall %}
    {% call statement('put_in_place') %}
        {{ conversionflow.drop_existing(existing) }}
        alter table {{ built }} rename to {{ adapter.quote(target_relation.identifier) }}
    {% endcall %}
    {% do create_indexes(target_relation) %}

    {% do persist_docs(target_relation, model) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
