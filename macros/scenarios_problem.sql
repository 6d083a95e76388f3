{# What is wrong with the list of scenarios, or none: each is one of `choices`, and a target has its number. #}
{% macro scenarios_problem(value, choices) %}
    {% set fits = value is sequence and value is not string and value | length > 0
        and value | reject('in', choices) | list | length == 0
        and value | unique | list | length == value | length %}
    {% if not fits %}
        {{ return('must be a list, without repeats, of some of ' ~ choices | join(', ')) }}
    {% endif %}
    {% for name in value if name.startswith('target_') and var(name) is none %}
        {{ return('asks for ' ~ name ~ ', and the setting ' ~ name ~ ' gives no number') }}
    {% endfor %}
    {{ return(none) }}
{% endmacro %}
