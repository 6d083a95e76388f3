{#
    What each setting may be: `kind` and, by kind, `low` and `high` (inclusive) or
    `choices`; `optional` allows null. Python models get the values after this check.
#}
{% macro setting_rules() %}
    {{ return({
        'raw_schema': {'kind': 'identifier'},
        'touches_source': {'kind': 'location'},
        'conversions_source': {'kind': 'location'},
        'spend_source': {'kind': 'location'},
        'sales_source': {'kind': 'location'},
        'customer_aliases_source': {'kind': 'location'},
        'path_counts_source': {'kind': 'location'},
        'experiments_source': {'kind': 'location'},
        'touches_fields': {'kind': 'fields'},
        'conversions_fields': {'kind': 'fields'},
        'spend_fields': {'kind': 'fields'},
        'sales_fields': {'kind': 'fields'},
        'customer_aliases_fields': {'kind': 'fields'},
        'path_counts_fields': {'kind': 'fields'},
        'experiments_fields': {'kind': 'fields'},
        'touch_clause': {'kind': 'text', 'optional': true},
        'conversion_clause': {'kind': 'text', 'optional': true},
        'default_market': {'kind': 'text'},
        'period': {'kind': 'choice', 'choices': ['day', 'week', 'month']},
        'touchpoint_grain': {'kind': 'choice', 'choices': ['channel', 'campaign']},
        'journey_inactivity_days': {'kind': 'integer', 'low': 1, 'high': 365},
        'path_lookback_days': {'kind': 'integer', 'low': 1, 'high': 365},
        'path_lookback_steps': {'kind': 'integer', 'low': 1, 'high': 10000, 'optional': true},
        'path_transforms': {
            'kind': 'transforms', 'choices': {
                'unique_path': none,
                'exposure_path': none,
                'first_path': none,
                'frequency_path': none,
                'remove_if_not_all': {'kind': 'text'},
                'remove_if_last_and_not_all': {'kind': 'text'},
                'trim_long_path': {'kind': 'integer', 'low': 1, 'high': 10000},
            }
        },
        'channels_to_include': {'kind': 'texts'},
        'channels_to_exclude': {'kind': 'texts'},
        'attribution_list': {
            'kind': 'choices', 'choices': ['first_touch', 'last_touch', 'linear', 'markov']
        },
        'models': {'kind': 'choices', 'choices': ['journey', 'poisson', 'hurdle']},
        'priors': {
            'kind': 'priors',
            'choices': [
                'beta0', 'beta1', 'beta1_market_spread', 'carryover', 'control_coefficients',
                'conversion_effects_mean', 'conversion_effects_spread', 'demand_persistence',
                'demand_scale', 'dispersion', 'displacement', 'occurrence_level', 'occurrence_slope',
                'parent_effects', 'parent_effects_market_spread', 'response_floor',
                'response_saturation',
            ],
            'distributions': [
                'Beta', 'Exponential', 'Gamma', 'HalfNormal', 'LogNormal', 'Normal', 'StudentT',
                'TruncatedNormal',
            ],
        },
        'spend_carryover': {'kind': 'choice', 'choices': [true, false]},
        'holdout_periods': {'kind': 'integer', 'low': 0, 'high': 1000},
        'mcmc_draws': {'kind': 'integer', 'low': 100, 'high': 100000},
        'mcmc_tune': {'kind': 'integer', 'low': 100, 'high': 100000},
        'mcmc_chains': {'kind': 'integer', 'low': 4, 'high': 64},
        'mcmc_thinning': {'kind': 'integer', 'low': 1, 'high': 1000},
        'posterior_draws_kept': {'kind': 'integer', 'low': 100, 'high': 100000},
        'credible_mass': {'kind': 'number', 'low': 0.5, 'high': 0.999},
        'random_seed': {'kind': 'integer', 'low': 0, 'high': 4294967295},
        'fit_cache_path': {'kind': 'text', 'optional': true},
        'fit_cache_days': {'kind': 'integer', 'low': 1, 'high': 10000},
        'fit_cache_megabytes': {'kind': 'integer', 'low': 1, 'high': 10000000},
        'reference_periods': {'kind': 'integer', 'low': 1, 'high': 1000},
        'total_budget': {'kind': 'number', 'low': 0.01, 'high': 1e15, 'optional': true},
        'min_spend_ratio': {'kind': 'number', 'low': 0, 'high': 1},
        'max_spend_ratio': {'kind': 'number', 'low': 1, 'high': 100},
        'optimizer_population_size': {'kind': 'integer', 'low': 10, 'high': 10000},
        'optimizer_generations': {'kind': 'integer', 'low': 1, 'high': 100000},
    }) }}
{% endmacro %}
