{# Raises the error for customer aliases that cannot be resolved; names the first ten ids. #}
{% macro refuse_aliases(problem, ids) %}
    {{ exceptions.raise_compiler_error(
        'Nothing was built: customer_aliases cannot be resolved. ' ~ problem ~ ': '
        ~ ids[:10] | join(', ') ~ (' and ' ~ (ids | length - 10) ~ ' more' if ids | length > 10 else '')
        ~ '. Correct these rows and load the table again.'
    ) }}
{% endmacro %}
