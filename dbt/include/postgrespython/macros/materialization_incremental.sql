{# dbt's own, with Python models, and all in one transaction. #}
{% materialization incremental, adapter='postgrespython', supported_languages=['sql', 'python'] %}
    {% set existing = load_cached_relation(this) %}
    {% set target_relation = this.incorporate(type='table') %}
    {% set on_schema_change = incremental_validate_on_schema_change(config.get('on_schema_change'), default='ignore') %}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% if existing is none or not existing.is_table or should_full_refresh() %}
        {% set built = make_intermediate_relation(target_relation) %}
        {% do postgrespython__drop_left_over(built) %}
        {% call statement('main', language=model['language']) %}
            {{- postgrespython__rows_as(False, built) -}}
        {% endcall %}
        {% do postgrespython__finish_table(built, target_relation, existing) %}
    {% else %}
        {% set temporary = make_temp_relation(target_relation) %}
        {% call statement('new_rows', language=model['language']) %}
            {{- postgrespython__rows_as(True, temporary) -}}
        {% endcall %}
        {% do postgrespython__add_rows(temporary, target_relation, existing, on_schema_change) %}
        {% do apply_grants(target_relation, config.get('grants'), should_revoke=True) %}
        {% do persist_docs(target_relation, model) %}
    {% endif %}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{# The rows of the table `temporary` go to the target by the strategy that is configured. #}
{% macro postgrespython__add_rows(temporary, target_relation, existing, on_schema_change) %}
    {% if not config.get('contract').enforced %}
        {% do adapter.expand_target_column_types(from_relation=temporary, to_relation=target_relation) %}
    {% endif %}
    {% set columns = process_schema_changes(on_schema_change, temporary, existing)
        or adapter.get_columns_in_relation(existing) %}
    {% set strategy = adapter.get_incremental_strategy_macro(
        context, config.get('incremental_strategy') or 'default'
    ) %}
    {% call statement('main') %}
        {{ strategy({
            'target_relation': target_relation,
            'temp_relation': temporary,
            'unique_key': config.get('unique_key'),
            'dest_columns': columns,
            'incremental_predicates': config.get('predicates') or config.get('incremental_predicates'),
        }) }}
    {% endcall %}
    {% call statement('new_rows_gone') %}
        drop table {{ temporary }}
    {% endcall %}
{% endmacro %}
