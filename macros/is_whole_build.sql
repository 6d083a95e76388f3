{#
    Whether this run builds anew all SQL models that `journey_events` is made from. A run of a few models, or `dbt retry`,
    takes what an earlier one left of the others: the build after it makes all journeys anew.
#}
{% macro is_whole_build() %}
    {% if not execute %}
        {{ return(false) }}
    {% endif %}
    {% set wanted = ['model.conversionflow.journey_events'] %}
    {# it grows on the way #}
    {% for name in wanted %}
        {% set node = graph.nodes[name] %}
        {% if node.language == 'sql' and node.config.materialized != 'ephemeral' and name not in selected_resources %}
            {{ return(false) }}
        {% endif %}
        {% for parent in node.depends_on.nodes if parent.startswith('model.') and parent not in wanted %}
            {% do wanted.append(parent) %}
        {% endfor %}
    {% endfor %}
    {{ return(true) }}
{% endmacro %}
