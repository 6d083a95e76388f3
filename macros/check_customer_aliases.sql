{#
    Stops the build before it begins where an alias names two customers, or where
    aliases go round in a circle, and names the ids.
#}
{% macro check_customer_aliases() %}
    {% if execute and conversionflow.raw_relation('customer_aliases') is not none %}
        {% set aliases %}
            select distinct customer_id, canonical_customer_id
            from (
                select
                    {{ conversionflow.raw_field('customer_aliases', 'customer_id', 'text') }},
                    {{ conversionflow.raw_field('customer_aliases', 'canonical_customer_id', 'text') }}
                from {{ conversionflow.raw_rows('customer_aliases') }}
            ) as typed
            where customer_id is not null and canonical_customer_id is not null
        {% endset %}
        {% set named_twice = run_query(
            'select customer_id from (' ~ aliases ~ ') as aliases '
            ~ 'group by customer_id having count(*) > 1 order by 1'
        ).columns[0].values() %}
        {% if named_twice %}
            {{ conversionflow.refuse_aliases('Aliases with more than one canonical_customer_id', named_twice) }}
        {% endif %}
        {% set circular = run_query(
            'with recursive aliases as (' ~ aliases ~ '), resolved as ('
            ~ conversionflow.resolved_aliases('aliases', 'resolved') ~ ') '
            ~ 'select customer_id from aliases where customer_id <> canonical_customer_id '
            ~ 'and customer_id not in (select customer_id from resolved) order by 1'
        ).columns[0].values() %}
        {% if circular %}
            {{ conversionflow.refuse_aliases('Aliases that go round in a circle, or lead into one', circular) }}
        {% endif %}
    {% endif %}
{% endmacro %}
