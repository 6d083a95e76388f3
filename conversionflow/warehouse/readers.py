"""What dbt Python models get as `session`: dbt's own connection, read beside its own work."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

_SAVEPOINT = "before_reading"
_BATCH_ROWS = 1_000
_QUERY = re.compile(r"\s*(select|with|values|table)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Reader:
    """
    How SQL is read on a session.

    Attributes
    ----------
    url : str
        What SQLAlchemy knows its kind of SQL by.
    open_cursor : callable
        Gives a DBAPI cursor that fetches on demand; a statement that fails on it leaves the session's own
        transaction as it was.
    """

    url: str
    open_cursor: Callable[[], Any]


def reader_of(session: Any) -> Reader:
    """Return the reader of a session of whichever adapter runs the model."""
    if hasattr(session, "get_backend_pid"):
        from sqlalchemy.dialects import registry

        registry.register("postgresql.reading", "conversionflow.warehouse.postgres_dialect", "ReadingDialect")
        return Reader("postgresql+reading://", lambda: PostgresCursor(session))
    return Reader("duckdb://", session.cursor)


class PostgresCursor:
    """
    A DBAPI cursor for one statement that reads, on a psycopg2 connection with a transaction open.

    psycopg2's own cursors either fetch all rows at once or know the columns only after the first fetch, and a
    statement that fails ends the transaction.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._cursor: Any = None
        self._rows: Iterator[tuple[Any, ...]] = iter(())

    @property
    def description(self) -> Any:
        """The columns of the statement."""
        return self._cursor.description

    def execute(
        self, statement: str, parameters: Sequence[object] | Mapping[str, object] | None = None
    ) -> None:
        """Run one statement that gives rows."""
        with _unharmed(self._connection):
            # the server keeps the rows of a query until they are fetched; `show` and the like it just answers
            name = f"reading_{id(self)}" if _QUERY.match(statement) else None
            self._cursor = self._connection.cursor(name=name)
            self._cursor.itersize = _BATCH_ROWS
            self._cursor.execute(statement, parameters)
            first = self._cursor.fetchmany(1)
        self._rows = self._all(first)

    def _all(self, first: list[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        yield from first
        yield from self._cursor

    def fetchone(self) -> tuple[Any, ...] | None:
        """Return the next row, or None."""
        return next(self._rows, None)

    def fetchmany(self, size: int) -> list[tuple[Any, ...]]:
        """Return the next rows."""
        return list(islice(self._rows, size))

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return all rows that are left."""
        return list(self._rows)

    def close(self) -> None:
        """Let the rows go that were not fetched."""
        if self._cursor is not None:
            self._cursor.close()


@contextmanager
def _unharmed(connection: Any) -> Iterator[None]:
    """Take back what failed in the block, and only that."""
    with connection.cursor() as cursor:
        cursor.execute(f"savepoint {_SAVEPOINT}")
        try:
            yield
        except BaseException:
            cursor.execute(f"rollback to savepoint {_SAVEPOINT}")
            raise
        finally:
            cursor.execute(f"release savepoint {_SAVEPOINT}")
