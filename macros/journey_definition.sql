{#
    A hash of all but data that journeys and their counts follow from: settings, models and macros. Settings of later
    stages are left out; whatever is not named here is taken to matter.
#}
{% macro journey_definition() %}
    {% set later_settings = [
        'spend_source', 'sales_source', 'experiments_source', 'spend_fields', 'sales_fields', 'experiments_fields',
        'attribution_list', 'models', 'priors', 'holdout_periods',
        'mcmc_draws', 'mcmc_tune', 'mcmc_chains', 'mcmc_thinning', 'posterior_draws_kept', 'credible_mass', 'random_seed',
        'reference_periods', 'total_budget', 'min_spend_ratio', 'max_spend_ratio', 'optimizer_population_size',
        'optimizer_generations', 'fit_cache_path', 'fit_cache_days', 'fit_cache_megabytes',
    ] %}
    {% set parts = [] %}
    {% for name in conversionflow.setting_rules() if name not in later_settings %}
        {% do parts.append(name ~ '=' ~ (var(name) | tojson)) %}
    {% endfor %}
    {% if execute %}
        {% for node in graph.nodes.values() if node.resource_type == 'model' and node.package_name == 'conversionflow'
            and node.path.split('/')[0] in ('staging', 'changes', 'journeys') %}
            {% do parts.append(node.checksum.checksum) %}
        {% endfor %}
        {% for package in [project_name, 'conversionflow'] | unique %}
            {% for macro in context.get(package, {}).values() %}
                {% do parts.append(macro.macro.macro_sql) %}
            {% endfor %}
        {% endfor %}
    {% endif %}
    {{ return(local_md5(parts | sort | join('\n'))) }}
{% endmacro %}
