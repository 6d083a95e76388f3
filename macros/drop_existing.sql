{# What drops relation `existing`, of whatever type, if there is one, inside the transaction that puts another in its place. #}
{% macro drop_existing(existing) %}
    {% if existing is not none %}
        {% do adapter.cache_dropped(existing) %}
        drop {{ existing.type }} if exists {{ existing }};
    {% endif %}
{% endmacro %}
