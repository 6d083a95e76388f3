def model(dbt, session):
    return {"number": [1]}
