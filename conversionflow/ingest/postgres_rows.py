"""A table or query of a Postgres database."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import duckdb

from conversionflow.core.errors import InputError
from conversionflow.warehouse.duckdb import file_literal, literal, quoted

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PostgresConnection  # noqa: N812

SCHEMES = ("postgresql://", "postgres://")
#: DuckDB's types of Postgres' (by oid) that keep theirs where the table does not ask for another.
_TYPES = {16: "BOOLEAN", 20: "BIGINT", 21: "BIGINT", 23: "BIGINT", 700: "DOUBLE", 701: "DOUBLE", 1082: "DATE",
          1114: "TIMESTAMP", 1184: "TIMESTAMP", 1700: "DOUBLE"}  # fmt: skip
_ZONED = 1184
_APPLICATION = "conversionflow load"


class PostgresRows:
    """
    The rows of a table or query of Postgres, as they are in one moment.

    They are copied to a file of `folder` first, so that they can be read twice: once for the types, or to
    say in which row a fault is. The transaction is read-only.

    Attributes
    ----------
    name
        The database and the table or query, in messages.
    typed
        True: the columns have types of their own.
    header
        The column names.

    Raises
    ------
    InputError
        If the URI has a password in it, the server cannot be reached, or it refuses the query.
    """

    typed = True

    def __init__(self, uri: str, table: str | None, query: str | None, folder: Path) -> None:
        self._place = _safe_place(uri)
        if (table is None) == (query is None):
            raise InputError(
                f"Say what to load of {self._place}: either --from-table SCHEMA.TABLE or --query "
                "'select ...'."
            )
        self.name = f"{self._place}, {f'table {table}' if table else 'query'}"
        self._copy = folder / "rows.csv"
        with ExitStack() as stack:
            self._types = self._copied(
                stack.enter_context(closing(_connected(uri, self._place))), table, query
            )
        self.header = tuple(name for name, _ in self._types)

    def relation(
        self,
        connection: duckdb.DuckDBPyConnection,  # noqa: ARG002
        names: Sequence[str],
        native: Collection[str],
    ) -> str:
        """Return SQL for the rows: columns under `names`, as texts unless in `native`."""
        types = [
            data_type if name in native else "VARCHAR"
            for name, (_, data_type) in zip(names, self._types, strict=True)
        ]
        columns = ", ".join(
            f"{literal(name)}: {literal(kind)}" for name, kind in zip(names, types, strict=True)
        )
        values = ", ".join(
            f"nullif({quoted(name)}, '') as {quoted(name)}" if kind == "VARCHAR" else quoted(name)
            for name, kind in zip(names, types, strict=True)
        )
        return (
            f"(select {values} from read_csv({file_literal(self._copy)}, auto_detect = false, header = false,"  # noqa: S608
            f" delim = ',', quote = '\"', escape = '\"', columns = {{{columns}}}))"
        )

    def place(self, row: int) -> str:
        """Return the name of row `row` (from 0) as `row N`."""
        return f"row {row + 1}"

    def explain(self, message: str) -> InputError:
        """Return that the rows could not be read, after DuckDB refused them with `message`."""
        reason = message.split("\n", maxsplit=1)[0]
        return InputError(f"{self.name} cannot be read: {reason}. No row was loaded.")

    def _copied(
        self, connection: PostgresConnection, table: str | None, query: str | None
    ) -> list[tuple[str, str]]:
        import psycopg2

        try:
            connection.set_session(readonly=True, isolation_level="REPEATABLE READ")
            with connection.cursor() as cursor:
                cursor.execute(
                    "set time zone 'UTC'; set datestyle to 'ISO, YMD'; set extra_float_digits to 1"
                )
                source = f"({query.rstrip().rstrip(';')}\n)" if query else _table(cursor, table or "")
                cursor.execute(f"select * from {source} as described limit 0")  # noqa: S608
                columns = [(column.name, column.type_code) for column in cursor.description]
                texts = ", ".join(_as_text(name, oid) for name, oid in columns)
                with self._copy.open("wb") as target:
                    cursor.copy_expert(
                        f"copy (select {texts} from {source} as copied) to stdout"  # noqa: S608
                        " with (format csv, encoding 'UTF8')",
                        target,
                    )
        except (psycopg2.Error, psycopg2.Warning) as error:
            reason = str(error).strip().split("\n", maxsplit=1)[0]
            raise InputError(f"{self.name}: the server refuses it: {reason}. No row was loaded.") from error
        return [(name, _TYPES.get(oid, "VARCHAR")) for name, oid in columns]


def _safe_place(uri: str) -> str:
    """Return the server and database of a URI in words; without the user, and never a password."""
    try:
        parts = urlsplit(uri)
        password, place = parts.password, f"{parts.hostname or 'the local server'}{parts.path}"
    except ValueError:
        raise InputError("The Postgres URI should read postgresql://USER@HOST:PORT/DATABASE.") from None
    if password or re.search(r"[?&]password=", uri):
        raise InputError(
            "Leave the password out of the URI: it would be seen in the list of processes. Put it in the "
            "environment variable PGPASSWORD, or in a .pgpass file."
        )
    return place


def _connected(uri: str, place: str) -> PostgresConnection:
    import psycopg2

    try:
        return psycopg2.connect(uri, application_name=_APPLICATION)
    except psycopg2.Error as error:
        reason = str(error).strip().split("\n", maxsplit=1)[0]
        raise InputError(
            f"The Postgres server of {place} cannot be reached: {reason}. The password comes from the "
            "environment variable PGPASSWORD or a .pgpass file."
        ) from error


def _table(cursor: Any, table: str) -> str:
    """Return the relation called `table`, found by its name in the catalogue and quoted."""
    cursor.execute(
        "select schemas.nspname, relations.relname from pg_class as relations"
        " join pg_namespace as schemas on schemas.oid = relations.relnamespace"
        " where relations.relkind = any('{r,v,m,f,p}')"
        " and (schemas.nspname || '.' || relations.relname = %s"
        " or relations.relname = %s and pg_table_is_visible(relations.oid))",
        (table, table),
    )
    found = cursor.fetchall()
    if len(found) != 1:
        raise InputError(f"The database has no table {table} that this user sees. Name it SCHEMA.TABLE.")
    return quoted(*found[0])


def _as_text(name: str, oid: int) -> str:
    value = quoted(name)
    if oid == _ZONED:
        value = f"({value} at time zone 'UTC')"
    return f"{value}::text"
