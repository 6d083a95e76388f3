{#
    A table of customers' rows, of which a run replaces those of `changed_customers` in one transaction, gone customers
    included; all of them where rebuilds_every_customer says so.
#}
{% materialization by_customer, default %}
    {% set target_relation = this.incorporate(type='table') %}
    {% set existing = load_cached_relation(this) %}
    {% set intermediate = make_intermediate_relation(target_relation) %}
    {% set backup = make_backup_relation(target_relation, 'table' if existing is none else existing.type) %}
    {{ drop_relation_if_exists(load_cached_relation(intermediate)) }}
    {{ drop_relation_if_exists(load_cached_relation(backup)) }}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% if conversionflow.rebuilds_every_customer() %}
        {% call statement('main') %}
            {{ create_table_as(False, intermediate, sql) }}
        {% endcall %}
        {% do create_indexes(intermediate) %}
        {% do apply_grants(intermediate, config.get('grants'), should_revoke=False) %}
        {% do replace_table(intermediate, target_relation, existing) %}
    {% else %}
        {% set columns = adapter.get_columns_in_relation(existing) | map(attribute='quoted') | join(', ') %}
        {% call statement('main') %}
            delete from {{ target_relation }}
            where customer_id in (select customer_id from {{ ref('changed_customers') }});
            insert into {{ target_relation }} ({{ columns }})
            select {{ columns }} from (
                {{ sql }}
            ) as rebuilt
        {% endcall %}
    {% endif %}

    {% do persist_docs(target_relation, model) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}
    {{ drop_relation_if_exists(backup) }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
