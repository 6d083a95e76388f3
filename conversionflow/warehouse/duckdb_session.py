"""Raw tables written into a DuckDB file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import duckdb

from conversionflow.warehouse.duckdb import (
    TableState,
    comment_on,
    connect,
    prepare_reader,
    quoted,
    table_state,
    transaction,
)
from conversionflow.warehouse.session import STAGED


class DuckDBSession:
    """The warehouse file: the connection that reads the sources is the one that writes, without a detour."""

    def __init__(self, path: Path, connection: duckdb.DuckDBPyConnection) -> None:
        self.name = str(path)
        self.reader = connection

    def transaction(self) -> AbstractContextManager[None]:
        """Commit what the block writes as one, or nothing of it if it raises."""
        return transaction(self.reader)

    def state(self, schema: str, table: str) -> TableState | None:
        """Return what `schema.table` is now, or None if there is no such relation."""
        return table_state(self.reader, schema, table)

    def columns(self, schema: str, table: str) -> dict[str, str]:
        """Return the columns of a table with their types; none if there is no such table."""
        state = self.state(schema, table)
        return state.columns if state else {}

    def replace(self, schema: str, table: str, rows: str) -> int:
        """Write a query's rows as the whole of a table, and return how many there were."""
        self.run(f"create schema if not exists {quoted(schema)}")
        [(count,)] = self.run(f"create or replace table {quoted(schema, table)} as {rows}")
        return int(count)

    def described(self, rows: str) -> dict[str, str]:
        """Return the columns of a query with their types."""
        return {name: kind for name, kind, *_ in self.run(f"describe {rows}")}

    def insert(self, schema: str, table: str, rows: str) -> int:
        """Add a query's rows to a table, column by name, and return how many there were."""
        [(count,)] = self.run(f"insert into {quoted(schema, table)} by name {rows}")
        return int(count)

    def stage(self, rows: str) -> int:
        """Write a query's rows into the temporary table `staged_rows`, and return how many there were."""
        [(count,)] = self.run(f"create or replace temporary table {STAGED} as {rows}")
        return int(count)

    def set_comment(self, schema: str, table: str, comment: str | None) -> None:
        """Write the comment of a table, or remove it with None."""
        self.run(comment_on(schema, table, comment))

    def run(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Run a statement, each `?` bound to a value, and return its rows."""
        return self.reader.execute(statement, list(values)).fetchall()


@contextmanager
def duckdb_session(path: Path) -> Iterator[DuckDBSession]:
    """
    Open the warehouse file for writing.

    Raises
    ------
    InputError
        If it cannot be opened.
    """
    with connect(path) as connection:
        prepare_reader(connection)
        yield DuckDBSession(path, connection)
