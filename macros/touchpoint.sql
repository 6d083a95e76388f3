{#
    The node of the network for a channel and campaign, by setting
    `touchpoint_grain`. A project that installs this one may name its nodes by
    another rule.
#}
{% macro touchpoint(channel, campaign) %}
    {{ return(adapter.dispatch('touchpoint', 'conversionflow')(channel, campaign)) }}
{% endmacro %}

{% macro default__touchpoint(channel, campaign) %}
    {% if var('touchpoint_grain') == 'channel' %}
        {{ return(channel) }}
    {% endif %}
    {{ return('case when ' ~ campaign ~ ' is null then ' ~ channel ~ ' else '
        ~ channel ~ " || ' / ' || " ~ campaign ~ ' end') }}
{% endmacro %}
