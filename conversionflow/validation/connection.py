"""A session of dbt's as SQLAlchemy takes a connection."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any

from conversionflow.warehouse.readers import Reader


@contextmanager
def lasting_connection(reader: Reader) -> Iterator[LastingConnection]:
    """Give a DBAPI connection beside the reader's session; at the end its results are closed, that is not."""
    with ExitStack() as stack:
        yield LastingConnection(lambda: stack.enter_context(closing(reader.open_cursor())))


class LastingConnection:
    """
    The DBAPI connection that Great Expectations works on: it only reads, and its results last.

    Great Expectations takes a result's rows after SQLAlchemy has closed the cursor and given the connection
    back. So each cursor is one of its own and stays open until the whole run ends. It fetches on demand: to
    learn the columns, Great Expectations selects everything and takes no row.
    """

    #: what SQLAlchemy's dialects ask a connection for
    autocommit = False
    closed = False

    def __init__(self, open_cursor: Callable[[], Any]) -> None:
        self._open_cursor = open_cursor
        self.notices: list[str] = []

    def cursor(self) -> LastingCursor:
        """Return a cursor of its own, closed with the run."""
        return LastingCursor(self._open_cursor(), self)

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

    def __init__(self, cursor: Any, connection: LastingConnection) -> None:
        self._cursor = cursor
        self.connection = connection

    @property
    def description(self) -> Any:
        """The columns of the last statement."""
        return self._cursor.description

    def execute(self, statement: str, parameters: Any = None) -> None:
        """Run one statement."""
        self._cursor.execute(statement, parameters)

    def fetchone(self) -> Any:
        """Return the next row, or None."""
        return self._cursor.fetchone()

    def fetchmany(self, size: int | None = None) -> list[Any]:
        """Return the next rows."""
        return list(self._cursor.fetchmany(size or self.arraysize))

    def fetchall(self) -> list[Any]:
        """Return all rows that are left."""
        return list(self._cursor.fetchall())

    def close(self) -> None:
        """Do nothing: the rows may still be asked for."""
