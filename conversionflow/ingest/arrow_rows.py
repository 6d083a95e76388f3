"""Arrow batches as a relation of the connection that loads."""

from __future__ import annotations

from itertools import count

import duckdb
import pyarrow as pa

from conversionflow.warehouse.duckdb import quoted

_NUMBERS = count()


def registered(connection: duckdb.DuckDBPyConnection, rows: pa.RecordBatchReader) -> str:
    """Return the name of a relation of `connection` that gives the rows of a reader, once."""
    name = f"arrow_rows_{next(_NUMBERS)}"
    connection.register(name, rows)
    return quoted(name)
