{# The node of the network for a channel and campaign, by setting `touchpoint_grain`. #}
{% macro touchpoint(channel, campaign) %}
    {% if var('touchpoint_grain') == 'channel' %}
        {{ return(channel) }}
    {% endif %}
    {{ return('case when ' ~ campaign ~ ' is null then ' ~ channel ~ ' else '
        ~ channel ~ " || ' / ' || " ~ campaign ~ ' end') }}
{% endmacro %}
