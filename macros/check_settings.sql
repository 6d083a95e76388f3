{#
    Checks every setting before anything is built, and refuses a name given by
    `--vars` that no setting has: a typing error would else build with the default.
#}
{% macro check_settings() %}
    {% if execute %}
        {% set rules = conversionflow.setting_rules() %}
        {% set problems = [] %}
        {% for name, rule in rules.items() %}
            {% set problem = conversionflow.setting_problem(var(name), rule) %}
            {% if problem is not none %}
                {% do problems.append(name ~ ': ' ~ problem ~ '; it is ' ~ (var(name) | tojson)) %}
            {% endif %}
        {% endfor %}
        {% if project_name == 'conversionflow' %}
            {% for name in (invocation_args_dict.get('vars') or {}) if name not in rules %}
                {% do problems.append(name ~ ': no setting has this name') %}
            {% endfor %}
        {% endif %}
        {% if problems %}
            {{ exceptions.raise_compiler_error(
                'Nothing was built: ' ~ problems | length ~ ' setting(s) cannot be used.\n  - '
                ~ problems | join('\n  - ') ~ '\nSettings are described in docs/settings.md.'
            ) }}
        {% endif %}
    {% endif %}
{% endmacro %}
