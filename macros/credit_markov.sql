{# Weight of a step for its conversion: its touchpoint's in the chain (model markov_weights). #}
{% macro credit_markov() %}
    {{ return('coalesce(markov_weight, 0.0)') }}
{% endmacro %}
