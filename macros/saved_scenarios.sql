{#
    Adds to a select the rows of scenarios that `conversionflow optimize --save` has kept of table `name`, if it
    has; a scenario of the build takes the place of a saved one of its name.
#}
{% macro saved_scenarios(name, columns) %}
    {% if execute %}
        {% set relation = load_relation(api.Relation.create(
            database=this.database, schema=var('saved_scenarios_schema'), identifier=name
        )) %}
        {% if relation is not none %}
            union all

            select {{ columns | join(', ') }}
            from {{ relation }}
            where
                scenario not in (
                    select built.scenario
                    from {{ ref('budget_search') }} as built
                    where built.record = 'plan'
                )
        {% endif %}
    {% endif %}
{% endmacro %}
