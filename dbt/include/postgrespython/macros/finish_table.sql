{# Takes away what a run of dbt-postgres that was stopped has left under the names that a build needs. #}
{% macro postgrespython__drop_left_over(built) %}
    {% do drop_relation_if_exists(load_cached_relation(built)) %}
    {% do drop_relation_if_exists(load_cached_relation(make_backup_relation(this, 'table'))) %}
{% endmacro %}

{# Indexes, grants and comments for the table `built`, and only then its name. #}
{% macro postgrespython__finish_table(built, target, existing) %}
    {% do create_indexes(built) %}
    {% do apply_grants(built, config.get('grants'), should_revoke=False) %}
    {% do persist_docs(built, model) %}
    {% do postgrespython__put_in_place(built, target, existing) %}
{% endmacro %}
