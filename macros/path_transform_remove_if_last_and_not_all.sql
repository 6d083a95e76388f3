{# Steps of `touchpoint` at the end go, unless the path has no other: A, B, A, A without A gives A, B. #}
{% macro path_transform_remove_if_last_and_not_all(is_step, previous_touchpoint, touchpoint) %}
    {% set other = 'touchpoint <> ' ~ dbt.string_literal(dbt.escape_single_quotes(touchpoint)) %}
    {{ return(
        is_step ~ ' and position <= coalesce(max(case when ' ~ is_step ~ ' and ' ~ other ~ ' then position end)'
        ~ ' over (partition by customer_id, journey_number), position)'
    ) }}
{% endmacro %}
