{#
    Gives the finished table `built` the name of `target`, inside the transaction that built it: readers see the old
    table until the commit and the new one after it, a run that is killed leaves nothing.

    Views that read the old table read the new one at once, so none is missing until dbt comes to it; one that cannot,
    because a column it reads is gone or of another type, goes with the old table. Locks are asked for shortly and
    given back where they are not to be had: a reader that waits for us while we wait for it is never the one whose
    query Postgres ends.
#}
{% macro postgrespython__put_in_place(built, target, existing) %}
    {# what reads the table next is planned by its statistics, and autovacuum comes later #}
    {% call statement('statistics') %}
        analyze {{ built }}
    {% endcall %}
    {% if existing is not none and existing.is_table %}
        {% call statement('put_in_place') %}
            {{ _postgrespython__swap_sql(built, existing) }}
        {% endcall %}
    {% else %}
        {% if existing is not none %}
            {% do adapter.drop_relation(existing) %}
        {% endif %}
        {% call statement('put_in_place') %}
            alter table {{ built }} rename to {{ adapter.quote(target.identifier) }}
        {% endcall %}
    {% endif %}
{% endmacro %}

{% macro _postgrespython__swap_sql(built, existing) %}
do $put_in_place$
declare
    old_table constant regclass := {{ dbt.string_literal(existing.include(database=false) | string) }}::regclass;
    dependent_views oid[];
    definitions text[];
    lock_timeout_before constant text := current_setting('lock_timeout');
    in_place boolean := false;
begin
    perform set_config('lock_timeout', '300ms', true);
    while not in_place loop
        begin
            {{ postgrespython__one_at_a_time() }};
            select array_agg(views.oid order by views.oid), array_agg(pg_get_viewdef(views.oid) order by views.oid)
            into dependent_views, definitions
            from pg_class as views
            where
                views.relkind = 'v'
                and views.oid in (
                    select rules.ev_class
                    from pg_depend as dependencies
                    inner join pg_rewrite as rules on dependencies.objid = rules.oid
                    where
                        dependencies.classid = 'pg_rewrite'::regclass
                        and dependencies.refclassid = 'pg_class'::regclass
                        and dependencies.refobjid = old_table
                );
            alter table {{ existing }} rename to {{ adapter.quote(make_backup_relation(existing, 'table').identifier) }};
            alter table {{ built }} rename to {{ adapter.quote(existing.identifier) }};
            for place in 1 .. coalesce(array_length(dependent_views, 1), 0) loop
                begin
                    execute 'create or replace view ' || dependent_views[place]::regclass || ' as '
                        || definitions[place];
                exception
                    when lock_not_available then raise;
                    when others then
                        raise notice '% cannot read the new table: %', dependent_views[place]::regclass, sqlerrm;
                end;
            end loop;
            execute 'drop table ' || old_table || ' cascade';
            in_place := true;
        exception
            when lock_not_available then perform pg_sleep(0.1);
        end;
    end loop;
    perform set_config('lock_timeout', lock_timeout_before, true);
end
$put_in_place$
{% endmacro %}

{# Two threads of dbt may change one view; each must see what the other has made of it. Held until the commit. #}
{% macro postgrespython__one_at_a_time() %}
    {{ return("perform pg_advisory_xact_lock(hashtextextended('postgrespython puts in place', 0))") }}
{% endmacro %}
