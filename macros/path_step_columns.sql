{# Columns that every path transform takes and gives; `step_name` is the step's name in the path for people. #}
{% macro path_step_columns(step_name='step_name') %}
    journey_id, step, touch_id, touchpoint, {{ step_name }} as step_name, market, touched_at, hours_to_conversion
{% endmacro %}
