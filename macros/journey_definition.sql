{#
    A hash of all but data that journeys and their counts follow from: settings, models and macros. Settings of later
    stages are left out; whatever is not named here is taken to matter.
#}
{% macro journey_definition() %}
    {% set later_settings = [
        'spend_source', 'sales_source', 'experiments_source', 'spend_fields', 'sales_fields', 'experiments_fields',
        'attribution_list', 'models', 'priors', 'spend_carryover', 'holdout_periods', 'posterior_draws_kept',
        'credible_mass', 'random_seed', 'reference_periods', 'total_budget', 'min_spend_ratio', 'max_spend_ratio',
        'objective', 'downside_share', 'scenarios', 'sweep_ratios', 'saved_scenarios_schema', 'share_interval_draws',
        'sensitivity_share',
    ] %}
    {% set later_beginnings = ('mcmc_', 'fit_cache_', 'target_', 'optimizer_') %}
    {% set parts = [] %}
    {% for name in conversionflow.setting_rules()
        if name not in later_settings and not name.startswith(later_beginnings) %}
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
