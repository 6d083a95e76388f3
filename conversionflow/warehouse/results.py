"""Tables of the last build, read beside whoever writes."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from conversionflow.core.errors import InputError
from conversionflow.warehouse.duckdb import connect

if TYPE_CHECKING:
    import pyarrow as pa


def duckdb_results(path: Path, relations: Mapping[str, str]) -> dict[str, pa.Table]:
    """
    Return relations of a DuckDB file by the keys of `relations`, whose values follow `from` in SQL.

    Raises
    ------
    InputError
        If the file cannot be opened, or has no such relation.
    """
    with connect(path, read_only=True) as connection:
        try:
            return {
                key: connection.execute(f"select * from {name}").to_arrow_table()  # noqa: S608
                for key, name in relations.items()
            }
        except duckdb.CatalogException as error:
            raise _nothing_built(str(path)) from error


def postgres_results(
    name: str, settings: Mapping[str, object], relations: Mapping[str, str]
) -> dict[str, pa.Table]:
    """
    Return relations of a Postgres database, all of them as they were in one moment; see `duckdb_results`.

    Parameters
    ----------
    name
        The database, for messages.
    settings
        The keywords of libpq.
    relations
        What follows `from` in SQL, by key.
    """
    from psycopg2.errors import InvalidSchemaName, UndefinedTable

    from conversionflow.warehouse.postgres_copy import read_query
    from conversionflow.warehouse.postgres_session import connected

    with closing(connected(name, settings)) as connection:
        connection.set_session(readonly=True, isolation_level="REPEATABLE READ")
        try:
            return {
                key: read_query(connection, f"select * from {relation}")  # noqa: S608
                for key, relation in relations.items()
            }
        except (UndefinedTable, InvalidSchemaName) as error:
            raise _nothing_built(name) from error


def _nothing_built(name: str) -> InputError:
    return InputError(f"{name} holds no plan yet. Make one with: dbt build")
