"""Raw tables written into Postgres: DuckDB reads and checks the sources, COPY writes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from conversionflow.core.errors import InputError
from conversionflow.warehouse.ahead import read_ahead
from conversionflow.warehouse.duckdb import TableState, prepare_reader, quoted
from conversionflow.warehouse.postgres_copy import copy_rows, write_table
from conversionflow.warehouse.postgres_types import postgres_type
from conversionflow.warehouse.session import STAGED

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PostgresConnection  # noqa: N812

_BATCH_ROWS = 50_000
#: DuckDB's names of the types that the raw tables have, by Postgres'.
_NAMES = {
    "text": "VARCHAR",
    "character varying": "VARCHAR",
    "timestamp without time zone": "TIMESTAMP",
    "date": "DATE",
    "bigint": "BIGINT",
    "double precision": "DOUBLE",
    "boolean": "BOOLEAN",
}
_COLUMNS = """
    select attributes.attname, format_type(attributes.atttypid, attributes.atttypmod)
    from pg_attribute as attributes
    where attributes.attrelid = ?::oid and attributes.attnum > 0 and not attributes.attisdropped
    order by attributes.attnum
"""
_RELATION = """
    select relations.oid, relations.relkind in ('v', 'm'), obj_description(relations.oid, 'pg_class')
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
        [(oid, is_view, comment)] = found
        [(rows,)] = self.run(f"select count(*) from {quoted(schema, table)}")  # noqa: S608
        columns = {name: _duckdb_name(kind) for name, kind in self.run(_COLUMNS, oid)}
        return TableState(rows=rows, columns=columns, comment=comment, is_view=is_view)

    def replace(self, schema: str, table: str, rows: str) -> int:
        """
        Write a query's rows as the whole of a table, and return how many there were.

        A table that keeps its columns is emptied, so views that read it stay; any other is dropped first.

        Raises
        ------
        InputError
            If views read a table whose columns change.
        """
        before = self.state(schema, table)
        with self._batches(rows) as batches:
            wanted = {field.name: _plain(postgres_type(field.type)) for field in batches.schema}
            if before and before.columns == wanted:
                self.run(f"truncate {quoted(schema, table)}")
                return copy_rows(self._connection, quoted(schema, table), batches)
            self.run(f"create schema if not exists {quoted(schema)}")
            if before:
                self._drop(schema, table)
            return write_table(self._connection, quoted(schema, table), batches)

    def insert(self, schema: str, table: str, rows: str) -> int:
        """Add a query's rows to a table, column by name, and return how many there were."""
        with self._batches(rows) as batches:
            return copy_rows(self._connection, quoted(schema, table), batches)

    def stage(self, rows: str) -> int:
        """Write a query's rows into the temporary table `staged_rows`, and return how many there were."""
        self.run(f"drop table if exists pg_temp.{STAGED}")
        with self._batches(rows) as batches:
            count = write_table(self._connection, STAGED, batches, temporary=True)
        self.run(f"analyze {STAGED}")
        return count

    def run(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Run a statement, each `?` bound to a value, and return its rows if it has any."""
        with self._connection.cursor() as cursor:
            cursor.execute(statement.replace("?", "%s"), values)
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def _batches(self, rows: str) -> Iterator[pa.RecordBatchReader]:
        failures: list[Exception] = []
        try:
            yield read_ahead(self.reader.execute(rows).to_arrow_reader(_BATCH_ROWS), failures)
        except Exception as error:
            # COPY reports what stopped its rows as an error of its own
            if failures:
                raise duckdb.Error(str(failures[0])) from error
            raise

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
    import psycopg2

    try:
        connection = psycopg2.connect(**settings)
    except psycopg2.Error as error:
        reason = str(error).strip().split("\n", maxsplit=1)[0]
        raise InputError(f"The warehouse {name} cannot be reached: {reason}") from error
    with (
        closing(connection),
        TemporaryDirectory(prefix="conversionflow_") as folder,
        duckdb.connect(config={"temp_directory": folder}) as reader,
    ):
        prepare_reader(reader)
        if role is not None:
            with connection.cursor() as cursor:
                cursor.execute(f"set role {quoted(role)}")
            connection.commit()
        yield PostgresSession(name, connection, reader)


def _duckdb_name(kind: str) -> str:
    numeric = re.fullmatch(r"numeric\((\d+), ?(\d+)\)", kind)
    if numeric:
        return f"DECIMAL({numeric[1]},{numeric[2]})"
    if kind.endswith("[]"):
        return f"{_duckdb_name(kind.removesuffix('[]'))}[]"
    return _NAMES.get(kind, kind.upper())


def _plain(kind: str) -> str:
    return _duckdb_name("timestamp without time zone" if kind == "timestamp" else kind)
