def model(dbt, session):
    from conversionflow.pipeline import validate_raw

    return validate_raw(
        session,
        raw_touches=dbt.ref("stg_touches_typed"),
        raw_conversions=dbt.ref("stg_conversions_typed"),
        raw_spend=dbt.ref("stg_spend_typed"),
        raw_sales=dbt.ref("stg_sales_typed"),
        raw_path_counts=dbt.ref("stg_path_counts_typed"),
    )
