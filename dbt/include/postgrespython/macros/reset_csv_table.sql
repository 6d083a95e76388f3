{#
    A seed on a full refresh: its new table takes the old one's place like any other, and views that read it stay. dbt
    creates the new one under the seed's own name, so the old one steps aside meanwhile.
#}
{% macro postgrespython__reset_csv_table(model, full_refresh, old_relation, agate_table) %}
    {% if not full_refresh %}
        {{ return(default__reset_csv_table(model, full_refresh, old_relation, agate_table)) }}
    {% endif %}
    {% set built = make_intermediate_relation(old_relation) %}
    {% set aside = make_backup_relation(old_relation, 'table') %}
    {% call statement('step_aside') %}
        alter table {{ old_relation }} rename to {{ adapter.quote(aside.identifier) }}
    {% endcall %}
    {% set created = create_csv_table(model, agate_table) %}
    {% call statement('step_back') %}
        alter table {{ old_relation }} rename to {{ adapter.quote(built.identifier) }};
        alter table {{ aside }} rename to {{ adapter.quote(old_relation.identifier) }}
    {% endcall %}
    {% do postgrespython__put_in_place(built, old_relation, old_relation) %}
    {{ return(created) }}
{% endmacro %}
