{#
    Column `field` of raw table `name`, typed and renamed to the contract's name.
    `<name>_fields` maps the contract's name to the table's own. A column that is
    not there is null, so that optional columns need no special case; the check
    before the build has refused missing required ones. Whoever names many fields gives the table's `columns`
    (raw_columns), so that they are asked for once.
#}
{% macro raw_field(name, field, type, columns=none) %}
    {% set columns = conversionflow.raw_columns(name) if columns is none else columns %}
    {% set column = var(name ~ '_fields').get(field, field) | lower %}
    {% if column not in columns %}
        cast(null as {{ type }}) as {{ field }}
    {% elif type == 'text' %}
        {{ conversionflow.trimmed('cast(' ~ adapter.quote(column) ~ ' as text)') }} as {{ field }}
    {% elif type == 'timestamp' %}
        {{ conversionflow.utc_timestamp(adapter.quote(column), columns[column]) }} as {{ field }}
    {% else %}
        {{ conversionflow.try_cast(adapter.quote(column), type) }} as {{ field }}
    {% endif %}
{% endmacro %}
