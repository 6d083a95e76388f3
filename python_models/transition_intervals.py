def model(dbt, session):
    from conversionflow.pipeline import transition_intervals

    return transition_intervals(dbt.config.get("settings"), dbt.ref("transition_counts"))
