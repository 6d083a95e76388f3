{#
    Checks every setting before anything is built, and refuses a name that no setting has,
    under `vars: conversionflow:` of the project that runs or given by `--vars`: a typing error
    would else build with the default. Other `--vars` of a project that installs this one are its own.
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
        {% set given = (adapter.config.vars.to_dict().get('conversionflow') or {}).keys() | list %}
        {% if project_name == 'conversionflow' %}
            {% set given = given + (invocation_args_dict.get('vars') or {}).keys() | list %}
        {% endif %}
        {% for name in given | unique if name not in rules %}
            {% do problems.append(name ~ ': no setting has this name') %}
        {% endfor %}
        {% if problems %}
            {{ exceptions.raise_compiler_error(
                'Nothing was built: ' ~ problems | length ~ ' setting(s) cannot be used.\n  - '
                ~ problems | join('\n  - ') ~ '\nSettings are described in docs/settings.md.'
            ) }}
        {% endif %}
    {% endif %}
{% endmacro %}
