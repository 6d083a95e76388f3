{# Whether a touchpoint is named as one of the network's own states. #}
{% macro has_reserved_name(touchpoint) %}
    {{ return(touchpoint ~ " in ('" ~ conversionflow.reserved_touchpoints() | join("', '") ~ "')") }}
{% endmacro %}
