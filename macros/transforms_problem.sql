{#
    What is wrong with a list of path transforms, or none. `choices` maps each name to the rule of its
    argument, or to none where it takes none; an item of the list is a name or `{name: argument}`.
#}
{% macro transforms_problem(value, choices) %}
    {% set forms = [] %}
    {% for name, rule in choices.items() %}
        {% do forms.append(name if rule is none else '{' ~ name ~ ': ' ~ rule.kind ~ '}') %}
    {% endfor %}
    {% set expected = 'must be a list of some of ' ~ forms | join(', ') %}
    {% if value is string or value is mapping or value is not sequence or not value %}
        {{ return(expected) }}
    {% endif %}
    {% for item in value %}
        {% set pair = item.items() | list if item is mapping else [(item, none)] %}
        {% if pair | length != 1 or pair[0][0] not in choices
            or (item is mapping) != (choices[pair[0][0]] is not none) %}
            {{ return(expected) }}
        {% elif item is mapping %}
            {% set problem = conversionflow.setting_problem(pair[0][1], choices[pair[0][0]]) %}
            {% if problem is not none %}
                {{ return('the argument of ' ~ pair[0][0] ~ ' ' ~ problem) }}
            {% endif %}
        {% endif %}
    {% endfor %}
    {{ return(none) }}
{% endmacro %}
