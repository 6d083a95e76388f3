{# dbt's own, but all in one transaction: nothing is dropped or renamed outside of it. #}
{% materialization table, adapter='postgrespython', supported_languages=['sql', 'python'] %}
    {% set existing = load_cached_relation(this) %}
    {% set target_relation = this.incorporate(type='table') %}
    {% set built = make_intermediate_relation(target_relation) %}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% do postgrespython__build_table(built) %}
    {% do postgrespython__put_in_place(built, target_relation, existing) %}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{# The model as the table `built`, complete with indexes, grants and comments, so that only its name is missing. #}
{% macro postgrespython__build_table(built) %}
    {# of a run of dbt-postgres that was stopped #}
    {% do drop_relation_if_exists(load_cached_relation(built)) %}
    {% do drop_relation_if_exists(load_cached_relation(make_backup_relation(this, 'table'))) %}
    {% call statement('main', language=model['language']) %}
        {{- postgrespython__rows_as(False, built) -}}
    {% endcall %}
    {% do create_indexes(built) %}
    {% do apply_grants(built, config.get('grants'), should_revoke=False) %}
    {% do persist_docs(built, model) %}
{% endmacro %}
