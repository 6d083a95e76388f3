{# Whether the network is made of aggregated paths: they are there, and neither touches nor conversions are. #}
{% macro reads_path_counts() %}
    {{ return(
        execute
        and conversionflow.raw_relation('path_counts') is not none
        and conversionflow.raw_relation('touches') is none
        and conversionflow.raw_relation('conversions') is none
    ) }}
{% endmacro %}
