"""A table of another DuckDB file: read-only, and unable to reach anything beyond that file."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

import duckdb

from conversionflow.core.errors import InputError
from conversionflow.ingest.arrow_rows import registered
from conversionflow.ingest.typed_columns import selected
from conversionflow.warehouse.duckdb import quoted

_CONFINED = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "lock_configuration": "true",
    "memory_limit": "256MB",
    "threads": "1",
}
_RELATIONS = """
    select schema_name, table_name from duckdb_tables() where not internal
    union all select schema_name, view_name from duckdb_views() where not internal
"""


class DuckDBTable:
    """
    A table or view of a DuckDB file.

    What others wrote into the file, such as a view that reads files of this machine, cannot reach anything:
    the file is opened read-only by a connection of its own, without external access, and its rows leave it as
    Arrow batches.

    Attributes
    ----------
    name
        The file and the table, in messages.
    typed
        True: the columns have types of their own.
    header
        The column names.

    Raises
    ------
    InputError
        If the file is not a DuckDB database, or has no such table.
    """

    typed = True

    def __init__(self, path: Path, table: str | None, stack: ExitStack) -> None:
        try:
            connection = duckdb.connect(path, read_only=True, config=dict(_CONFINED))
        except duckdb.Error as error:
            raise InputError(f"{path} cannot be opened as a DuckDB file: {_first_line(error)}") from error
        self._connection = stack.enter_context(closing(connection))
        schema, relation = self._found(path, table)
        self._relation = quoted(schema, relation)
        self.name = f"{path}, table {schema}.{relation}"
        try:
            described = connection.execute(f"describe {self._relation}").fetchall()
        except duckdb.Error as error:
            raise self.explain(str(error)) from error
        self._columns = [(row[0], row[1]) for row in described]
        self.header = tuple(name for name, _ in self._columns)

    def relation(
        self, connection: duckdb.DuckDBPyConnection, names: Sequence[str], native: Collection[str]
    ) -> str:
        """Return SQL for the table's rows: columns under `names`, as texts unless in `native`."""
        columns = selected(self.name, self._columns, names, native)
        rows = self._connection.cursor().execute(f"select {columns} from {self._relation}")  # noqa: S608
        return registered(connection, rows.to_arrow_reader())

    def place(self, row: int) -> str:
        """Return the name of row `row` (from 0) as `row N`."""
        return f"row {row + 1}"

    def explain(self, message: str) -> InputError:
        """Return what is wrong with the table, after DuckDB refused it with `message`."""
        return InputError(f"{self.name} cannot be read: {_first_line(message)}. No row was loaded.")

    def _found(self, path: Path, table: str | None) -> tuple[str, str]:
        relations = sorted(self._connection.execute(_RELATIONS).fetchall())
        fitting = [pair for pair in relations if table in (None, pair[1], ".".join(pair))]
        if len(fitting) == 1:
            return fitting[0]
        has = ", ".join(".".join(pair) for pair in relations) or "none"
        problem = (
            f"has no table {table}" if table and not fitting else "has more than one table that it may be"
        )
        raise InputError(f"{path} {problem}. Name one with --from-table SCHEMA.TABLE. Its tables: {has}.")


def _first_line(message: object) -> str:
    return str(message).split("\n", maxsplit=1)[0]
