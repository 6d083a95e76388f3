{# Whether a touchpoint takes part in paths, by `channels_to_include` and `channels_to_exclude`. #}
{% macro channel_condition(touchpoint) %}
    {% set conditions = [] %}
    {% for operator, names in [
        ('in', var('channels_to_include')), ('not in', var('channels_to_exclude'))
    ] if names %}
        {% set literals = [] %}
        {% for name in names %}
            {% do literals.append(dbt.string_literal(dbt.escape_single_quotes(name))) %}
        {% endfor %}
        {% do conditions.append(touchpoint ~ ' ' ~ operator ~ ' (' ~ literals | join(', ') ~ ')') %}
    {% endfor %}
    {{ return(conditions | join(' and ') if conditions else '1 = 1') }}
{% endmacro %}
