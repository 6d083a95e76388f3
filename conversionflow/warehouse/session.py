"""What a warehouse can do for a load, whichever it is."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, Protocol

import duckdb

from conversionflow.warehouse.duckdb import TableState

STAGED = "staged_rows"


class Session(Protocol):
    """
    An open warehouse that raw tables are written into.

    Rows come as a query of `reader`, a DuckDB connection that reads the sources; types are DuckDB's by name.
    Nothing is kept unless the block of `transaction` ends well.
    """

    name: str
    reader: duckdb.DuckDBPyConnection

    def transaction(self) -> AbstractContextManager[None]:
        """Commit what the block writes as one, or nothing of it if it raises."""

    def state(self, schema: str, table: str) -> TableState | None:
        """Return what `schema.table` is now, or None if there is no such relation."""

    def columns(self, schema: str, table: str) -> dict[str, str]:
        """Return the columns of a table with their types; none if there is no such table."""

    def replace(self, schema: str, table: str, rows: str) -> int:
        """Write a query's rows as the whole of a table, and return how many there were."""

    def described(self, rows: str) -> dict[str, str]:
        """Return the columns of a query, with their types as `state` calls those of a table made of them."""

    def insert(self, schema: str, table: str, rows: str) -> int:
        """Add a query's rows to a table, column by name, and return how many there were."""

    def stage(self, rows: str) -> int:
        """Write a query's rows into the temporary table `staged_rows`, which `run` sees, and count them."""

    def set_comment(self, schema: str, table: str, comment: str | None) -> None:
        """Write the comment of a table, or remove it with None."""

    def run(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Run a statement in the warehouse, each `?` bound to a value, and return its rows if it has any."""
