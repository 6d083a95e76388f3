{#
    After how many events of a journey its path is not written event by event any more: a text that grows with every
    event takes space of the square of their number.
#}
{% macro long_journey() %}
    {{ return(100) }}
{% endmacro %}
