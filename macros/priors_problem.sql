{# What is wrong with the setting `priors` under `rule` (see setting_rules), or none. #}
{% macro priors_problem(value, rule) %}
    {% if value is not mapping %}
        {{ return('must map parameters to priors') }}
    {% endif %}
    {% for name, prior in value.items() %}
        {% if (name | string).split('.')[-1] not in rule.choices %}
            {{ return('no parameter is called ' ~ name ~ '; there are ' ~ rule.choices | join(', ')) }}
        {% elif prior is not mapping or prior.get('distribution') not in rule.distributions %}
            {{ return('that of ' ~ name ~ ' needs a distribution, one of ' ~ rule.distributions | join(', ')) }}
        {% endif %}
        {% for argument, number in prior.items() if argument != 'distribution' %}
            {% if number is not number or number is boolean %}
                {{ return('that of ' ~ name ~ ' must have a number for ' ~ argument) }}
            {% endif %}
        {% endfor %}
    {% endfor %}
    {{ return(none) }}
{% endmacro %}
