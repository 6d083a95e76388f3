import pyarrow as pa


def model(dbt, session):
    dbt.config(materialized="incremental", unique_key="number")
    first = 3 if dbt.is_incremental else 1
    return pa.table({"number": [first, first + 1], "value": [str(first), None]})
