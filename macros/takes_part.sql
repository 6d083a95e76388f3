{#
    Whether the command is about this package at all. A project that installs it must be able to build models that have
    nothing to do with it while the raw tables are not there.
#}
{% macro takes_part() %}
    {% if not execute %}
        {{ return(true) }}
    {% endif %}
    {% for node in selected_resources if node.split('.')[1] == 'conversionflow' %}
        {{ return(true) }}
    {% endfor %}
    {{ return(false) }}
{% endmacro %}
