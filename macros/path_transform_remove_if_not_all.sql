{# Steps of `touchpoint` go, unless the path has no other: A, B, A without A gives B; A, A stays. #}
{% macro path_transform_remove_if_not_all(is_step, previous_touchpoint, touchpoint) %}
    {% set other = 'touchpoint <> ' ~ dbt.string_literal(dbt.escape_single_quotes(touchpoint)) %}
    {{ return(
        is_step ~ ' and (' ~ other ~ ' or max(case when ' ~ is_step ~ ' and ' ~ other ~ ' then 1 else 0 end)'
        ~ ' over (partition by customer_id, journey_number) = 0)'
    ) }}
{% endmacro %}
