{#
    The first touch of each touchpoint is a step, and the path for people says how many there were:
    A, B, A gives A(2), B(1). The step's touchpoint stays A: it is the node of the network.
#}
{% macro path_transform_frequency_path(is_step, previous_touchpoint) %}
    {{ return(conversionflow.path_transform_first_path(is_step, previous_touchpoint)) }}
{% endmacro %}
