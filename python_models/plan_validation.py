def model(dbt, session):
    from conversionflow.pipeline import validate

    return validate(session, budget_plan=dbt.ref("budget_plan_rows"))
