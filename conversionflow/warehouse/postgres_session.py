"""Raw tables written into Postgres: DuckDB reads and checks the sources, COPY writes."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import duckdb

from conversionflow.core.errors import InputError
from conversionflow.warehouse.duckdb import TableState, comment_on, prepare_reader, quoted
from conversionflow.warehouse.session import STAGED

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PostgresConnection  # noqa: N812

#: What is read from the pipe at once: little, so that it fills again while the server takes what was read.
_CHUNK_BYTES = 1 << 16
_PIPE_BYTES = 1 << 20
#: Postgres' types by DuckDB's; what is not here, such as DATE, has the same name in both.
_TYPES = {
    "VARCHAR": "text",
    "TIMESTAMP": "timestamp without time zone",
    "TIMESTAMP_S": "timestamp without time zone",
    "TIMESTAMP_MS": "timestamp without time zone",
    "TIMESTAMP_NS": "timestamp without time zone",
    "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
    "TIME": "time without time zone",
    "DOUBLE": "double precision",
    "FLOAT": "real",
    "TINYINT": "smallint",
    "UTINYINT": "smallint",
    "USMALLINT": "integer",
    "UINTEGER": "bigint",
    "UBIGINT": "numeric(20,0)",
    "HUGEINT": "numeric(39,0)",
    "UHUGEINT": "numeric(39,0)",
    "BLOB": "bytea",
}
_SAME = ("BIGINT", "INTEGER", "SMALLINT", "BOOLEAN", "DATE", "UUID", "INTERVAL")
_NESTED = ("STRUCT", "MAP", "UNION", "JSON")
#: How a type of Postgres is called in DuckDB, where not by the same name.
_NAMES = {
    "text": "VARCHAR",
    "character varying": "VARCHAR",
    "timestamp without time zone": "TIMESTAMP",
    "timestamp with time zone": "TIMESTAMP WITH TIME ZONE",
    "time without time zone": "TIME",
    "double precision": "DOUBLE",
    "real": "FLOAT",
    "bytea": "BLOB",
}
_COLUMNS = """
    select attributes.attname, format_type(attributes.atttypid, attributes.atttypmod)
    from pg_attribute as attributes
    join pg_class as relations on relations.oid = attributes.attrelid
    join pg_namespace as schemas on schemas.oid = relations.relnamespace
    where schemas.nspname = ? and relations.relname = ? and attributes.attnum > 0
    and not attributes.attisdropped
    order by attributes.attnum
"""
_RELATION = """
    select relations.relkind in ('v', 'm'), obj_description(relations.oid, 'pg_class')
    from pg_class as relations join pg_namespace as schemas on schemas.oid = relations.relnamespace
    where schemas.nspname = ? and relations.relname = ? and relations.relkind in ('r', 'p', 'v', 'm', 'f')
"""


class PostgresSession:
    """A Postgres database; its rows go through a DuckDB that holds no table of its own."""

    def __init__(self, name: str, connection: PostgresConnection, reader: duckdb.DuckDBPyConnection) -> None:
        self.name = name
        self.reader = reader
        self._connection = connection

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what the block writes as one, or nothing of it if it raises."""
        import psycopg2

        try:
            yield
            self._connection.commit()
        except psycopg2.Error as error:
            self._connection.rollback()
            reason = str(error).strip().split("\n", maxsplit=1)[0]
            raise InputError(f"{self.name} refuses the rows: {reason}. No row was loaded.") from error
        except BaseException:
            self._connection.rollback()
            raise

    def state(self, schema: str, table: str) -> TableState | None:
        """Return what `schema.table` is now, or None if there is no such relation."""
        found = self.run(_RELATION, schema, table)
        if not found:
            return None
        [(is_view, comment)] = found
        [(rows,)] = self.run(f"select count(*) from {quoted(schema, table)}")  # noqa: S608
        return TableState(rows=rows, columns=self.columns(schema, table), comment=comment, is_view=is_view)

    def columns(self, schema: str, table: str) -> dict[str, str]:
        """Return the columns of a table with their types; none if there is no such table."""
        return {name: _duckdb_name(kind) for name, kind in self.run(_COLUMNS, schema, table)}

    def replace(self, schema: str, table: str, rows: str) -> int:
        """
        Write a query's rows as the whole of a table, and return how many there were.

        A table that keeps its columns is emptied, so views that read it stay; any other is dropped first.

        Raises
        ------
        InputError
            If views read a table whose columns change.
        """
        before = self.columns(schema, table)
        columns = self._columns(rows)
        if before and before == self.described(rows):
            self.run(f"truncate {quoted(schema, table)}")
        else:
            self.run(f"create schema if not exists {quoted(schema)}")
            if before:
                self._drop(schema, table)
            self.run(f"create table {quoted(schema, table)} ({_definitions(columns)})")
        return self._copy(quoted(schema, table), rows, columns)

    def described(self, rows: str) -> dict[str, str]:
        """Return the columns of a query, with their types as `state` calls those of a table made of them."""
        return {name: _duckdb_name(kind) for name, kind in self._columns(rows).items()}

    def insert(self, schema: str, table: str, rows: str) -> int:
        """Add a query's rows to a table, column by name, and return how many there were."""
        return self._copy(quoted(schema, table), rows, self._columns(rows))

    def stage(self, rows: str) -> int:
        """Write a query's rows into the temporary table `staged_rows`, and return how many there were."""
        columns = self._columns(rows)
        self.run(f"drop table if exists pg_temp.{STAGED}")
        self.run(f"create temporary table {STAGED} ({_definitions(columns)})")
        count = self._copy(f"pg_temp.{STAGED}", rows, columns)
        self.run(f"analyze pg_temp.{STAGED}")
        return count

    def set_comment(self, schema: str, table: str, comment: str | None) -> None:
        """Write the comment of a table, or remove it with None."""
        self.run(comment_on(schema, table, comment))

    def run(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Run a statement, each `?` bound to a value, and return its rows if it has any."""
        with self._connection.cursor() as cursor:
            cursor.execute(statement.replace("?", "%s"), values)
            return cursor.fetchall() if cursor.description else []

    def _columns(self, rows: str) -> dict[str, str]:
        """Return the columns of a query of the reader with the types they have in Postgres."""
        return {
            name: _postgres_type(kind)
            for name, kind, *_ in self.reader.execute(f"describe {rows}").fetchall()
        }

    def _copy(self, relation: str, rows: str, columns: Mapping[str, str]) -> int:
        """COPY a query's rows while DuckDB still reads them; what goes wrong there is raised as it is."""
        names = ", ".join(quoted(name) for name in columns)
        values = ", ".join(_in_words(name, kind) for name, kind in columns.items())
        # a text of \. that stands alone in its line would end the copy
        quotes = f", force_quote ({names})" if len(columns) == 1 else ""
        read_end, write_end = os.pipe()
        if hasattr(fcntl, "F_SETPIPE_SZ"):
            fcntl.fcntl(write_end, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)

        def write() -> int:
            try:
                [(count,)] = self.reader.execute(
                    f"copy (select {values} from ({rows})) to '/dev/fd/{write_end}'"  # noqa: S608
                    f" (format csv, header false{quotes})"
                ).fetchall()
                return int(count)
            finally:
                os.close(write_end)

        with (
            ThreadPoolExecutor(max_workers=1) as thread,
            os.fdopen(read_end, "rb") as content,
            self._connection.cursor() as cursor,
        ):
            written = thread.submit(write)
            statement = f"copy {relation} ({names}) from stdin with (format csv, encoding 'UTF8')"
            cursor.copy_expert(statement, content, _CHUNK_BYTES)
            return written.result()

    def _drop(self, schema: str, table: str) -> None:
        from psycopg2.errors import DependentObjectsStillExist

        try:
            self.run(f"drop table {quoted(schema, table)}")
        except DependentObjectsStillExist as error:
            views = re.findall(r"^(\w+ .+) depends on", error.diag.message_detail or "", re.MULTILINE)
            raise InputError(
                f"{schema}.{table} has other columns or types than the new rows, and it is read by "
                f"{', '.join(views)}. Drop these first; the next dbt build makes its own again. No row was "
                "loaded."
            ) from error


@contextmanager
def postgres_session(
    name: str, settings: Mapping[str, object], role: str | None = None
) -> Iterator[PostgresSession]:
    """
    Connect to Postgres.

    Parameters
    ----------
    name
        The database, for messages.
    settings
        The keywords of libpq: host, port, user, password, dbname, sslmode, ...; what is missing comes from
        its environment variables.
    role
        The role that the tables will belong to; None: the user.

    Raises
    ------
    InputError
        If the server cannot be reached.
    """
    with (
        closing(connected(name, settings)) as connection,
        TemporaryDirectory(prefix="conversionflow_") as folder,
        duckdb.connect(config={"temp_directory": folder}) as reader,
    ):
        prepare_reader(reader)
        # one reads faster than the server takes; a second would spin while the first waits for it
        reader.execute("set threads = 1")
        if role is not None:
            with connection.cursor() as cursor:
                cursor.execute(f"set role {quoted(role)}")
            connection.commit()
        yield PostgresSession(name, connection, reader)


def connected(name: str, settings: Mapping[str, object]) -> PostgresConnection:
    """Return a connection to the database `name`, or raise InputError if it cannot be reached."""
    import psycopg2

    try:
        return psycopg2.connect(**settings)
    except psycopg2.Error as error:
        reason = str(error).strip().split("\n", maxsplit=1)[0]
        raise InputError(f"The warehouse {name} cannot be reached: {reason}") from error


def _definitions(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{quoted(name)} {kind}" for name, kind in columns.items())


def _postgres_type(kind: str) -> str:
    decimal = re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", kind)
    if decimal:
        return f"numeric({decimal[1]},{decimal[2]})"
    if kind.startswith(_NESTED) or kind.endswith("]"):
        return "jsonb"
    return _TYPES.get(kind, kind.lower() if kind in _SAME else "text")


def _duckdb_name(kind: str) -> str:
    numeric = re.fullmatch(r"numeric\((\d+),(\d+)\)", kind)
    if numeric:
        return f"DECIMAL({numeric[1]},{numeric[2]})"
    return _NAMES.get(kind, kind.upper())


def _in_words(name: str, kind: str) -> str:
    """Return SQL for a column as Postgres reads it from CSV."""
    value = quoted(name)
    if kind == "jsonb":
        return f"to_json({value}) as {value}"
    if kind == "bytea":
        return f"'\\x' || hex({value}) as {value}"
    return value
