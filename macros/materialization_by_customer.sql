{#
    A table of events by customer, of which a run replaces the rows of `changed_customers` in one transaction, gone
    customers included; of all customers where rebuilds_every_customer says so. In the same transaction it sets aside what
    those rows were (rows_before, which the model may read) and where the data ended then and end now (last_replacement), so
    that counts of the rows can follow by the difference.
#}
{% materialization by_customer, default %}
    {% set target_relation = this.incorporate(type='table') %}
    {% set before = conversionflow.rows_before(this) %}
    {% set replacement = conversionflow.last_replacement(this) %}
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
        {% call statement('set_aside') %}
            drop table if exists {{ before }};
            create table {{ before }} as select *, true as is_replaced from {{ intermediate }} where 1 = 0;
            drop table if exists {{ replacement }};
            create table {{ replacement }} as
            select
                cast({{ conversionflow.run_id() }} as text) as run_id,
                cast(null as text) as previous_run_id,
                cast(null as timestamp) as previous_data_end_at,
                cast(null as timestamp) as data_end_at
        {% endcall %}
        {% do create_indexes(intermediate) %}
        {% do apply_grants(intermediate, config.get('grants'), should_revoke=False) %}
        {% do replace_table(intermediate, target_relation, existing) %}
    {% else %}
        {% set columns = adapter.get_columns_in_relation(existing) | map(attribute='quoted') | join(', ') %}
        {% set is_changed = 'customer_id in (select customer_id from ' ~ ref('changed_customers') ~ ')' %}
        {% call statement('set_aside') %}
            drop table if exists {{ before }};
            create table {{ before }} as
            select *, true as is_replaced from {{ target_relation }} where {{ is_changed }}
            union all
            select *, false as is_replaced from {{ target_relation }}
            where {{ conversionflow.may_close(target_relation) }} and not {{ is_changed }};
            update {{ replacement }} set
                run_id = {{ conversionflow.run_id() }},
                previous_run_id = run_id,
                previous_data_end_at = (select max(event_at) from {{ target_relation }})
        {% endcall %}
        {% call statement('main') %}
            delete from {{ target_relation }} where {{ is_changed }};
            insert into {{ target_relation }} ({{ columns }})
            select {{ columns }} from (
                {{ sql }}
            ) as rebuilt;
            update {{ replacement }} set data_end_at = (select max(event_at) from {{ target_relation }})
        {% endcall %}
    {% endif %}

    {% do persist_docs(target_relation, model) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}
    {{ drop_relation_if_exists(backup) }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
