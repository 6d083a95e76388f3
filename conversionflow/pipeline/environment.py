"""What the run manifest says about the machine, the versions and the data."""

import hashlib
import json
from importlib.metadata import version
from typing import Any

import pandas as pd
import pyarrow as pa

from conversionflow.core.machine import Machine
from conversionflow.pipeline.records import schema, to_table
from conversionflow.warehouse.relations import to_frame

ENVIRONMENT = schema(text="data_hash versions", count="cores memory_megabytes")
PACKAGES = (
    "conversionflow",
    "dbt-core",
    "dbt-duckdb",
    "dbt-postgres",
    "duckdb",
    "great-expectations",
    "numpy",
    "nutpie",
    "psycopg2-binary",
    "pymc",
    "scipy",
)


def run_environment(touchpoint_periods: Any, transition_counts: Any, experiments: Any) -> pa.Table:
    """One row: SHA-256 of the models' input tables, versions as JSON, the cores and memory that were free."""
    digest = hashlib.sha256()
    for relation in (touchpoint_periods, transition_counts):
        digest.update(_content(to_frame(relation)))
    if not (measured := to_frame(experiments)).empty:
        digest.update(_content(measured))
    versions = {package: version(package) for package in PACKAGES}
    machine = Machine.here()
    row = {
        "data_hash": digest.hexdigest(),
        "versions": json.dumps(versions),
        "cores": machine.cores,
        "memory_megabytes": machine.memory // 1_000_000,
    }
    return to_table(pd.DataFrame([row]), ENVIRONMENT)


def _content(frame: pd.DataFrame) -> bytes:
    """Rows as CSV, in an order of their own and without the run's key."""
    rows = frame.drop(columns="run_id", errors="ignore")
    return rows.sort_values(list(rows.columns)).to_csv(index=False).encode()
