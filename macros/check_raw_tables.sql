{#
    Stops the build before it begins where a required raw table or column is
    missing, and says which command brings it.
#}
{% macro check_raw_tables() %}
    {% if execute %}
        {% set required = {
            'touches': ['touch_id', 'customer_id', 'touched_at'],
            'conversions': ['conversion_id', 'customer_id', 'converted_at'],
            'spend': ['spend_date', 'spend'],
            'sales': ['sales_date', 'orders', 'revenue'],
            'customer_aliases': ['customer_id', 'canonical_customer_id'],
            'path_counts': ['path', 'conversions', 'non_conversions'],
            'experiments': [
                'experiment_id', 'touchpoint', 'started_on', 'ended_on', 'spend_change', 'conversions_lift', 'lift_sd'
            ],
        } %}
        {% set problems = [] %}
        {% for name, fields in required.items() %}
            {% set columns = conversionflow.raw_columns(name) %}
            {% set place = var(name ~ '_source') if '.' in var(name ~ '_source')
                else var('raw_schema') ~ '.' ~ var(name ~ '_source') %}
            {% if columns %}
                {% for field in fields + var(name ~ '_fields').keys() | list | unique | list %}
                    {% set column = var(name ~ '_fields').get(field, field) %}
                    {% if column | lower not in columns %}
                        {% do problems.append(
                            place ~ ' has no column ' ~ column ~ ' (for ' ~ field ~ '); it has '
                            ~ columns.keys() | join(', ') ~ '. Map it with the setting ' ~ name ~ '_fields.'
                        ) %}
                    {% endif %}
                {% endfor %}
            {% elif name in ('touches', 'conversions') and not conversionflow.reads_path_counts() %}
                {% do problems.append(
                    place ~ ' is missing. Bring it with: conversionflow load ' ~ name
                    ~ ' FILE (or set ' ~ name ~ '_source to where it lies)'
                ) %}
            {% endif %}
        {% endfor %}
        {% if problems %}
            {{ exceptions.raise_compiler_error(
                'Nothing was built: the raw data are not complete.\n  - ' ~ problems | join('\n  - ')
                ~ '\nTo try the project on a simulated market instead: conversionflow demo'
            ) }}
        {% endif %}
    {% endif %}
{% endmacro %}
