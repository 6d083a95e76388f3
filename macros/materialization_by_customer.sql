{#
    A table of events by customer, of which a run replaces the rows of `changed_customers` (replaced_rows) in one
    transaction, gone customers included; of all customers where rebuilds_every_customer says so. In the same transaction it
    sets aside what those rows were (rows_before, which the model may read) and where the data ended then and end now
    (last_replacement), so that counts of the rows can follow by the difference. Of journeys that were open, which counted
    nowhere but as touches, it may keep only `columns_of_open`, and of those that stay and may close now `columns_counted`.
    The model numbers the journeys of a customer from 1; they go on behind those that stay.
#}
{% materialization by_customer, default %}
    {% set target_relation = this.incorporate(type='table') %}
    {% set before = conversionflow.rows_before(this) %}
    {% set replacement = conversionflow.last_replacement(this) %}
    {% set stays = conversionflow.beside(this, 'stays') %}
    {% set existing = load_cached_relation(this) %}
    {% set intermediate = make_intermediate_relation(target_relation) %}
    {% set backup = make_backup_relation(target_relation, 'table' if existing is none else existing.type) %}
    {{ drop_relation_if_exists(load_cached_relation(intermediate)) }}
    {{ drop_relation_if_exists(load_cached_relation(backup)) }}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% if conversionflow.rebuilds_every_customer() %}
        {% call statement('main') %}
            {{ conversionflow.create_in_slices(intermediate, sql) }}
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
                max(event_at) as data_end_at,
                {{ conversionflow.is_whole_build() }} as is_whole
            from {{ intermediate }}
        {% endcall %}
        {% do create_indexes(intermediate) %}
        {% do apply_grants(intermediate, config.get('grants'), should_revoke=False) %}
        {% do replace_table(intermediate, target_relation, existing) %}
    {% else %}
        {% set known = adapter.get_columns_in_relation(existing) %}
        {% set columns = known | map(attribute='quoted') | list %}
        {% set changed = ref('changed_customers') ~ ' as changed' %}
        {% set replaced = conversionflow.replaced_rows(target_relation) %}
        {% set parts = conversionflow.replaced_parts(replaced) %}
        {% call statement('set_aside') %}
            drop table if exists {{ before }};
            create table {{ before }} (
                {% for column in known %}
                {{ column.quoted }} {{ column.data_type }}{{ conversionflow.kept_plain() }},
                {% endfor %}
                is_replaced boolean{{ conversionflow.kept_plain() }}
            );
            {% for part in parts %}
            {% set kept = config.get('columns_of_open') if part.was_open else columns %}
            insert into {{ before }} ({{ kept | join(', ') }}, is_replaced)
            select
                {% for column in kept %}
                events.{{ column }},
                {% endfor %}
                true as is_replaced
            from {{ target_relation }} as events
            inner join {{ changed }} on events.customer_id = changed.customer_id
            where {{ part.condition }};
            {% endfor %}
            {% set counted = config.get('columns_counted', columns) %}
            insert into {{ before }} ({{ counted | join(', ') }}, is_replaced)
            select
                {% for column in counted %}
                events.{{ column }},
                {% endfor %}
                false as is_replaced
            from {{ target_relation }} as events
            left join {{ changed }} on events.customer_id = changed.customer_id
            where {{ replaced.may_close }} and (changed.customer_id is null or not {{ replaced.any }});
            update {{ replacement }} set
                run_id = {{ conversionflow.run_id() }},
                previous_run_id = run_id,
                previous_data_end_at = data_end_at,
                is_whole = {{ conversionflow.is_whole_build() }}
        {% endcall %}
        {% call statement('main') %}
            {% for part in parts %}
            delete from {{ target_relation }} as events
            using {{ changed }}
            where events.customer_id = changed.customer_id and {{ part.condition }};
            {% endfor %}
            {{ conversionflow.without_nested_loops() }}
            {# a table by itself, so that the warehouse knows how few they are #}
            drop table if exists {{ stays }};
            create table {{ stays }} as
            select customer_id, max(journey_number) as journeys
            from {{ target_relation }}
            where
                closes_journey
                and customer_id in (select customer_id from {{ ref('changed_customers') }})
            group by customer_id;
            insert into {{ target_relation }} ({{ columns | join(', ') }})
            select
                {% for column in columns %}
                rebuilt.{{ column }}
                {%- if column == adapter.quote('journey_number') %} + coalesce(stays.journeys, 0){% endif %}
                {%- if not loop.last %},{% endif %}

                {% endfor %}
            from (
                {{ sql }}
            ) as rebuilt
            left join {{ stays }} as stays
                on rebuilt.customer_id = stays.customer_id;
            drop table {{ stays }};
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
