"""What a second build on the same input may change: the run's own key and times."""

import json
import shutil

import duckdb
import numpy as np
import pyarrow as pa

RESULTS = """
    select table_name from duckdb_tables()
    where schema_name = 'main' and database_name = current_database()
    order by 1
"""
#: They tell of one run.
OF_A_RUN = {
    "run_manifest",
    "run_environment",
    "changed_inputs",
    "journey_events_replacement",
    "path_summary_run",
}


def rows(connection, table: str) -> pa.Table:
    """Rows of a table in order, without the run's key and times."""
    described = connection.execute(f"describe {table}").fetchall()
    columns = ", ".join(f'"{row[0]}"' for row in described if row[0] not in ("run_id", "seconds", "work"))
    return connection.sql(f"select {columns} from {table} order by all").to_arrow_table()  # noqa: S608


def same(before: pa.Table, after: pa.Table) -> bool:
    """Whether rows are equal; sums of floats may differ in their last bits, as threads add in any order."""
    return before.schema == after.schema and all(
        one.equals(other)
        or (
            pa.types.is_floating(one.type)
            and np.allclose(one.to_numpy(), other.to_numpy(), rtol=1e-9, atol=0, equal_nan=True)
        )
        for one, other in zip(before.columns, after.columns, strict=True)
    )


def assert_second_build_changes_nothing(warehouse) -> None:
    """Build a DuckDB warehouse again, and compare all its tables."""
    earlier = shutil.copy(warehouse.path, warehouse.folder / "earlier.duckdb")
    # what the first build's tests found holds of equal rows
    outcome = warehouse.dbt(
        "build", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "test"
    )
    assert outcome.code == 0, outcome.output
    with (
        duckdb.connect(earlier, read_only=True) as before,
        duckdb.connect(warehouse.path, read_only=True) as after,
    ):
        tables = before.execute(RESULTS).fetchall()
        assert after.execute(RESULTS).fetchall() == tables
        compared = [name for (name,) in tables if name not in OF_A_RUN]
        changed = [name for name in compared if not same(rows(before, name), rows(after, name))]
        assert changed == []
    assert warehouse.query("select * from changed_inputs") == []
    runs = warehouse.query("select data_hash, settings, row_counts from run_manifest")
    assert len(runs) == 2
    assert runs[0] == runs[1]
    assert json.loads(runs[0][1])["period"] == "week"
