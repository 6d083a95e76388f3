{# Whether a path as text has a step named as one of the network's own states. #}
{% macro has_reserved_step(path) %}
    {% set conditions = [] %}
    {% for state in conversionflow.reserved_touchpoints() %}
        {% do conditions.append("' > ' || " ~ path ~ " || ' > ' like '% > " ~ state ~ " > %'") %}
    {% endfor %}
    {{ return(conditions | join(' or ')) }}
{% endmacro %}
