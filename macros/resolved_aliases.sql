{#
    The two parts of the recursive query `self` that follows chains in `aliases` (customer_id,
    canonical_customer_id) from their ends, which are no alias themselves, back to every alias.
    An alias that is missing in the result leads into a cycle.
#}
{% macro resolved_aliases(aliases, self) %}
    select
        alias.customer_id,
        alias.canonical_customer_id as resolved_customer_id
    from {{ aliases }} as alias
    left join {{ aliases }} as further
        on alias.canonical_customer_id = further.customer_id
        and further.customer_id <> further.canonical_customer_id
    where
        further.customer_id is null
        and alias.customer_id <> alias.canonical_customer_id

    union all

    select
        alias.customer_id,
        {{ self }}.resolved_customer_id
    from {{ aliases }} as alias
    inner join {{ self }}
        on alias.canonical_customer_id = {{ self }}.customer_id
{% endmacro %}
