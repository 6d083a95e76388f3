{# Every setting of this run as JSON text. #}
{% macro settings_json() %}
    {% set settings = {} %}
    {% for name in conversionflow.setting_rules() %}
        {% do settings.update({name: var(name)}) %}
    {% endfor %}
    {{ return(dbt.string_literal(dbt.escape_single_quotes(settings | tojson))) }}
{% endmacro %}
