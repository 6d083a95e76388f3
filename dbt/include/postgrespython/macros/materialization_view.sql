{# A view that is replaced in place; only where its columns change is it dropped, with what reads it. #}
{% materialization view, adapter='postgrespython' %}
    {% set existing = load_cached_relation(this) %}
    {% set target_relation = this.incorporate(type='view') %}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% if existing is not none and not existing.is_view %}
        {% do adapter.drop_relation(existing) %}
    {% endif %}
    {% call statement('main') %}
        do $replace_view$
        begin
            {{ postgrespython__one_at_a_time() }};
            execute $view${{ get_create_view_as_sql(target_relation, sql) }}$view$;
        exception
            when invalid_table_definition then
                drop view {{ target_relation }} cascade;
                execute $view${{ get_create_view_as_sql(target_relation, sql) }}$view$;
        end
        $replace_view$
    {% endcall %}

    {% do apply_grants(target_relation, config.get('grants'), should_revoke=existing is not none) %}
    {% do persist_docs(target_relation, model) %}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
