{# An `amount` in a market's currency in the currency of the reports, to the cent; unchanged without a rate. #}
{% macro reporting_money(amount, exchange_rate) %}
    {{ return('cast(round(' ~ amount ~ ' * coalesce(' ~ exchange_rate ~ ', 1), 2) as numeric(18, 2))') }}
{% endmacro %}
