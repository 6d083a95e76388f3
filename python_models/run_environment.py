def model(dbt, session):
    from conversionflow.pipeline import run_environment

    return run_environment(
        dbt.ref("touchpoint_periods"), dbt.ref("transition_counts"), dbt.ref("stg_experiments")
    )
