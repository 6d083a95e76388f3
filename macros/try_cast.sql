{# `expression` as `type`, null where the value cannot be read as one. #}
{% macro try_cast(expression, type) %}
    {{ return(adapter.dispatch('try_cast', 'conversionflow')(expression, type)) }}
{% endmacro %}

{% macro default__try_cast(expression, type) %}
    {{ return('try_cast(' ~ expression ~ ' as ' ~ type ~ ')') }}
{% endmacro %}
