{# dbt's own, but all in one transaction: nothing is dropped or renamed outside of it. #}
{% materialization table, adapter='postgrespython', supported_languages=['sql', 'python'] %}
    {% set existing = load_cached_relation(this) %}
    {% set target_relation = this.incorporate(type='table') %}
    {% set built = make_intermediate_relation(target_relation) %}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% do postgrespython__drop_left_over(built) %}
    {% call statement('main', language=model['language']) %}
        {{- postgrespython__rows_as(False, built) -}}
    {% endcall %}
    {% do postgrespython__finish_table(built, target_relation, existing) %}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
