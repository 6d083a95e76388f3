{#
    The shop bids on its own name apart from all other search words: people who
    look for the shop are on their way already. All else is one node a channel.
#}
{% macro default__touchpoint(channel, campaign) %}
    {{ return("case when " ~ channel ~ " = 'paid_search' and " ~ campaign
        ~ " = 'own name' then 'paid_search_own_name' else " ~ channel ~ " end") }}
{% endmacro %}
