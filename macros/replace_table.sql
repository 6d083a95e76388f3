{#
    Gives the finished table `built` the name of `target`, inside the transaction that built it. The old table
    `existing`, if there is one, may be left under its backup name, to be dropped after the commit.
#}
{% macro replace_table(built, target, existing) %}
    {{ return(adapter.dispatch('replace_table', 'conversionflow')(built, target, existing)) }}
{% endmacro %}

{% macro default__replace_table(built, target, existing) %}
    {% if existing is not none %}
        {% do adapter.rename_relation(existing, make_backup_relation(target, existing.type)) %}
    {% endif %}
    {% do adapter.rename_relation(built, target) %}
{% endmacro %}

{% macro postgrespython__replace_table(built, target, existing) %}
    {% do postgrespython__put_in_place(built, target, existing) %}
{% endmacro %}
