{#
    What makes the path of a journey's touches, as a list of name and arguments: first setting `path_lookback_steps`,
    then `path_transforms`, where an item is a name or `{name: argument}`.
    Empty where the setting cannot be used: check_settings says so before anything is built.
#}
{% macro path_transforms() %}
    {% set transforms = [] %}
    {% if var('path_lookback_steps') is not none %}
        {% do transforms.append({'name': 'trim_long_path', 'arguments': [var('path_lookback_steps')]}) %}
    {% endif %}
    {% set chosen = var('path_transforms') %}
    {% set rule = conversionflow.setting_rules()['path_transforms'] %}
    {% for item in chosen if conversionflow.setting_problem(chosen, rule) is none %}
        {% if item is mapping %}
            {% for name, argument in item.items() %}
                {% do transforms.append({'name': name, 'arguments': [argument]}) %}
            {% endfor %}
        {% else %}
            {% do transforms.append({'name': item, 'arguments': []}) %}
        {% endif %}
    {% endfor %}
    {{ return(transforms) }}
{% endmacro %}
