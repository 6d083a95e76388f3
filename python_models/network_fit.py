def model(dbt, session):
    from conversionflow.pipeline import fit_network

    return fit_network(
        dbt.config.get("settings"),
        periods=dbt.ref("periods"),
        touchpoint_periods=dbt.ref("touchpoint_periods"),
        transition_counts=dbt.ref("transition_counts"),
        experiments=dbt.ref("stg_experiments"),
    )
