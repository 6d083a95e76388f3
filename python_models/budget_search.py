def model(dbt, session):
    from conversionflow.pipeline import search_budget

    return search_budget(
        dbt.config.get("settings"),
        touchpoint_limits=dbt.ref("touchpoint_limits"),
        budget_rules=dbt.ref("budget_rules"),
        periods=dbt.ref("periods"),
        touchpoint_periods=dbt.ref("touchpoint_periods"),
        diagnostics=dbt.ref("mcmc_diagnostics"),
        draws=dbt.ref("posterior_draws"),
        constants=dbt.ref("model_constants"),
        priors=dbt.ref("priors"),
    )
