{# What is wrong with `value` under `rule` (see setting_rules), or none. #}
{% macro setting_problem(value, rule) %}
    {% set identifier = '^[a-z_][a-z0-9_]{0,62}$' %}
    {% set kind = rule.kind %}
    {% if value is none %}
        {{ return(none if rule.get('optional') else 'may not be null') }}
    {% elif kind in ('integer', 'number') %}
        {% set fits = value is number and value is not boolean
            and (kind == 'number' or value is integer)
            and rule.low <= value <= rule.high %}
        {{ return(none if fits else 'must be ' ~ ('a whole number' if kind == 'integer' else 'a number')
            ~ ' from ' ~ rule.low ~ ' to ' ~ rule.high) }}
    {% elif kind == 'choice' %}
        {{ return(none if value in rule.choices else 'must be one of ' ~ rule.choices | join(', ')) }}
    {% elif kind == 'choices' %}
        {% set fits = value is sequence and value is not string and value | length > 0
            and value | reject('in', rule.choices) | list | length == 0
            and value | unique | list | length == value | length %}
        {{ return(none if fits else 'must be a list, without repeats, of some of ' ~ rule.choices | join(', ')) }}
    {% elif kind == 'transforms' %}
        {{ return(conversionflow.transforms_problem(value, rule.choices)) }}
    {% elif kind == 'scenarios' %}
        {{ return(conversionflow.scenarios_problem(value, rule.choices)) }}
    {% elif kind == 'numbers' %}
        {% set fits = value is sequence and value is not string
            and value | unique | list | length == value | length %}
        {% for one in (value if fits else []) if one is boolean or one is not number
            or not rule.low <= one <= rule.high %}
            {{ return('must be a list, without repeats, of numbers from ' ~ rule.low ~ ' to ' ~ rule.high) }}
        {% endfor %}
        {{ return(none if fits else 'must be a list, without repeats, of numbers from ' ~ rule.low ~ ' to '
            ~ rule.high) }}
    {% elif kind == 'texts' %}
        {% set fits = value is sequence and value is not string
            and value | reject('string') | list | length == 0 %}
        {{ return(none if fits else 'must be a list of texts') }}
    {% elif kind == 'text' %}
        {{ return(none if value is string and value | trim else 'must be a text that is not empty') }}
    {% elif kind == 'priors' %}
        {{ return(conversionflow.priors_problem(value, rule)) }}
    {% elif kind == 'fields' %}
        {% set fits = value is mapping %}
        {% for name in (value.values() if value is mapping else []) if not modules.re.match(identifier, name | string) %}
            {{ return('names column ' ~ name ~ ', which does not match ' ~ identifier) }}
        {% endfor %}
        {{ return(none if fits else 'must map names of the contract to column names') }}
    {% else %}
        {% set parts = (value | string).split('.') %}
        {% for part in parts if not modules.re.match(identifier, part) %}
            {{ return('has the part ' ~ part ~ ', which does not match ' ~ identifier) }}
        {% endfor %}
        {% set most = 1 if kind == 'identifier' else 3 %}
        {{ return(none if parts | length <= most else 'may have ' ~ most ~ ' dotted part(s) at most') }}
    {% endif %}
{% endmacro %}
