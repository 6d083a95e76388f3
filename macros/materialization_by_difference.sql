{#
    A table of counts by the column `key`. Where adds_to_counts says that the table stands as the build before left it, the
    model gives the keys whose counts changed, as they are now, and only their rows are replaced; a key for which
    `counts_something` does not hold any more goes. Else the model gives all keys. Which run the table stands for is kept
    beside it, as its rows have the keys of many runs.
#}
{% materialization by_difference, default %}
    {% set target_relation = this.incorporate(type='table') %}
    {% set existing = load_cached_relation(this) %}
    {% set intermediate = make_intermediate_relation(target_relation) %}
    {% set backup = make_backup_relation(target_relation, 'table' if existing is none else existing.type) %}
    {% set last_run = conversionflow.beside(this, 'run') %}
    {{ drop_relation_if_exists(load_cached_relation(intermediate)) }}
    {{ drop_relation_if_exists(load_cached_relation(backup)) }}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% if conversionflow.adds_to_counts(model.name) %}
        {% set key = config.get('key') %}
        {% set columns = adapter.get_columns_in_relation(existing) | map(attribute='quoted') | join(', ') %}
        {% set changed = make_temp_relation(target_relation).include(database=False, schema=False) %}
        {% call statement('changed') %}
            {{ create_table_as(True, changed, sql) }}
        {% endcall %}
        {% call statement('main') %}
            delete from {{ target_relation }} where {{ key }} in (select {{ key }} from {{ changed }});
            insert into {{ target_relation }} ({{ columns }})
            select {{ columns }} from {{ changed }} where {{ config.get('counts_something') }};
            drop table {{ changed }}
        {% endcall %}
    {% else %}
        {% call statement('main') %}
            {{ create_table_as(False, intermediate, sql) }}
        {% endcall %}
        {% do create_indexes(intermediate) %}
        {% do apply_grants(intermediate, config.get('grants'), should_revoke=False) %}
        {% do conversionflow.replace_table(intermediate, target_relation, existing) %}
    {% endif %}
    {% call statement('last_run') %}
        drop table if exists {{ last_run }};
        create table {{ last_run }} as select cast({{ conversionflow.run_id() }} as text) as run_id
    {% endcall %}

    {% do persist_docs(target_relation, model) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}
    {{ drop_relation_if_exists(backup) }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
