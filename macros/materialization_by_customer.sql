{#
    A table of customers' rows, of which a run replaces those of `changed_customers` in one transaction, gone customers
    included; all of them where rebuilds_every_customer says so. In the same transaction it sets aside the rows it
    replaces (replaced_rows, which the model may read) and writes down what the table was before: the expressions of
    setting `remembers`, by name (last_replacement). So whoever counts the rows can count the difference alone.
#}
{% materialization by_customer, default %}
    {% set target_relation = this.incorporate(type='table') %}
    {% set replaced = conversionflow.replaced_rows(this) %}
    {% set replacement = conversionflow.last_replacement(this) %}
    {% set remembered = config.get('remembers', {}) %}
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
        {% call statement('remember') %}
            drop table if exists {{ replaced }};
            create table {{ replaced }} as select * from {{ intermediate }} where 1 = 0;
            drop table if exists {{ replacement }};
            create table {{ replacement }} as
            select
                {% for name, expression in remembered.items() %}
                (select {{ expression }} from {{ intermediate }} where 1 = 0) as {{ name }},
                {% endfor %}
                cast({{ conversionflow.run_id() }} as text) as run_id,
                cast(null as text) as previous_run_id
        {% endcall %}
        {% if existing is not none %}
            {% do adapter.rename_relation(existing, backup) %}
        {% endif %}
        {% do adapter.rename_relation(intermediate, target_relation) %}
    {% else %}
        {% set columns = adapter.get_columns_in_relation(existing) | map(attribute='quoted') | join(', ') %}
        {% set is_changed = conversionflow.rows_where(
            target_relation, 'customer_id in (select customer_id from ' ~ ref('changed_customers') ~ ')'
        ) %}
        {% call statement('remember') %}
            drop table if exists {{ replaced }};
            create table {{ replaced }} as select * from {{ target_relation }} where {{ is_changed }};
            update {{ replacement }} set
                {% for name, expression in remembered.items() %}
                {{ name }} = (select {{ expression }} from {{ target_relation }}),
                {% endfor %}
                previous_run_id = run_id,
                run_id = {{ conversionflow.run_id() }}
        {% endcall %}
        {% call statement('main') %}
            delete from {{ target_relation }} where {{ is_changed }};
            insert into {{ target_relation }} ({{ columns }})
            select {{ columns }} from (
                {{ sql }}
            ) as rebuilt
        {% endcall %}
    {% endif %}

    {% do create_indexes(target_relation) %}
    {% do persist_docs(target_relation, model) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}
    {{ drop_relation_if_exists(backup) }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
