{# Hours from `first` to `second`, with their fraction. #}
{% macro hours_between(first, second) %}
    {{ return('cast(extract(epoch from (' ~ second ~ ' - ' ~ first ~ ')) as double precision) / 3600') }}
{% endmacro %}
