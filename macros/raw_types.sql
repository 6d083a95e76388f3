{#
    A hash of the types of those columns of the raw events that journeys are made of, by their names: rows that read
    otherwise may have the hash that they had (row_hash).
#}
{% macro raw_types() %}
    {% set fields = ['touch_id', 'touched_at', 'channel', 'source', 'medium', 'campaign', 'conversion_id', 'converted_at',
        'revenue', 'conversion_type', 'customer_id', 'market'] %}
    {% set types = [] %}
    {% for table in ['touches', 'conversions'] %}
        {% set columns = conversionflow.raw_columns(table) %}
        {% for field in fields %}
            {% set column = var(table ~ '_fields').get(field, field) | lower %}
            {% do types.append([table, field, column, columns.get(column)]) %}
        {% endfor %}
    {% endfor %}
    {{ return(local_md5(types | tojson)) }}
{% endmacro %}
