"""A live DuckDB connection as SQLAlchemy takes one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb


@contextmanager
def lasting_connection(connection: duckdb.DuckDBPyConnection) -> Iterator[LastingConnection]:
    """Give a DBAPI connection beside `connection`; at the end its results are closed, `connection` is not."""
    with ExitStack() as stack:
        yield LastingConnection(connection, stack)


class LastingConnection:
    """
    The DBAPI connection that Great Expectations works on: it only reads, and its results last.

    Great Expectations takes a result's rows after SQLAlchemy has closed the cursor and given the connection
    back. So each cursor is a DuckDB cursor of its own and stays open until the whole run ends. It fetches on
    demand: to learn the columns, Great Expectations selects everything and takes no row.
    """

    def __init__(self, duckdb_connection: duckdb.DuckDBPyConnection, stack: ExitStack) -> None:
        self._duckdb = duckdb_connection
        self._stack = stack
        self.notices: list[str] = []

    def cursor(self) -> LastingCursor:
        """Return a cursor of its own, closed with the run."""
        return LastingCursor(self._stack.enter_context(self._duckdb.cursor()), self)

    def begin(self) -> None:
        """Do nothing: every statement only reads."""

    def commit(self) -> None:
        """Do nothing: there is nothing to commit."""

    def rollback(self) -> None:
        """Do nothing: there is nothing to roll back."""

    def close(self) -> None:
        """Do nothing: the run closes what it opened."""


class LastingCursor:
    """A DBAPI cursor whose rows can be fetched after it is closed."""

    rowcount = -1
    arraysize = 1

    def __init__(self, cursor: duckdb.DuckDBPyConnection, connection: LastingConnection) -> None:
        self._cursor = cursor
        self.connection = connection

    @property
    def description(self) -> Any:
        """The columns of the last statement."""
        return self._cursor.description

    def execute(self, statement: str, parameters: Sequence[object] | None = None) -> None:
        """Run one statement."""
        self._cursor.execute(statement, list(parameters or []))

    def fetchone(self) -> Any:
        """Return the next row, or None."""
        return self._cursor.fetchone()

    def fetchmany(self, size: int | None = None) -> list[Any]:
        """Return the next rows."""
        return self._cursor.fetchmany(size or self.arraysize)

    def fetchall(self) -> list[Any]:
        """Return all rows that are left."""
        return self._cursor.fetchall()

    def close(self) -> None:
        """Do nothing: the rows may still be asked for."""
