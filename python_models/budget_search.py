def model(dbt, session):
    from conversionflow.pipeline import search_budget

    return search_budget(
        dbt.config.get("settings"),
        periods=dbt.ref("periods"),
        touchpoint_periods=dbt.ref("touchpoint_periods"),
        diagnostics=dbt.ref("mcmc_diagnostics"),
        draws=dbt.ref("posterior_draws"),
        constants=dbt.ref("model_constants"),
    )
