"""The warehouse file: where it lies, how it is opened, and what its tables are."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from conversionflow.core.errors import InputError

DATABASE_NAME = "conversionflow.duckdb"
DATABASE_VARIABLE = "CONVERSIONFLOW_DUCKDB_PATH"
PROJECT_FILE = "dbt_project.yml"
_MAGIC = b"DUCK"
_MAGIC_AT = 8
READING_MEMORY = "640MB"
IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]{0,62}")


@dataclass(frozen=True)
class TableState:
    """A relation as it is found in the warehouse: its rows, columns with types, and comment."""

    rows: int
    columns: dict[str, str]
    comment: str | None
    is_view: bool


def database_path(explicit: Path | None = None) -> Path:
    """
    Return the warehouse file: `explicit`, else the environment's, else the project's.

    The project is the nearest folder at or above the current one with a `dbt_project.yml`; without one the
    current folder counts.
    """
    if explicit is not None:
        return explicit.expanduser().absolute()
    named = os.environ.get(DATABASE_VARIABLE)
    if named:
        return Path(named).expanduser().absolute()
    return project_folder() / DATABASE_NAME


def project_folder() -> Path:
    """Return the nearest folder, from the current one up, with a `dbt_project.yml`; else the current one."""
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / PROJECT_FILE).is_file()), here)


@contextmanager
def connect(path: Path, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """
    Open the warehouse file and close it at the end.

    Parameters
    ----------
    path
        The file; made if missing, unless `read_only`.
    read_only
        Several readers may share a file; a writer has it alone.

    Raises
    ------
    InputError
        If the file cannot be opened: it is missing (`read_only`), in use, or not a DuckDB database.
    """
    if read_only and not path.is_file():
        raise InputError(
            f"There is no warehouse at {path}. Make one with: conversionflow demo, or: conversionflow load"
        )
    if not path.parent.is_dir():
        raise InputError(f"The folder of the warehouse does not exist: {path.parent}")
    if path.is_dir() or (path.is_file() and not _is_database(path)):
        raise InputError(f"{path} is not a DuckDB database. Name another file with --database.")
    try:
        connection = duckdb.connect(path, read_only=read_only)
    except duckdb.Error as error:
        raise InputError(_why_not_open(path, str(error))) from error
    try:
        yield connection
    finally:
        connection.close()


def _is_database(path: Path) -> bool:
    # DuckDB opens a CSV or Parquet file as a database in memory: what is written there is lost at the end.
    with path.open("rb") as file:
        head = file.read(_MAGIC_AT + len(_MAGIC))
    return not head or head[_MAGIC_AT:] == _MAGIC


def _why_not_open(path: Path, message: str) -> str:
    if "lock" in message.lower():
        holder = re.search(r"PID (\d+)", message)
        who = f"process {holder[1]}" if holder else "another process"
        return f"The warehouse {path} is in use by {who}. Close it there (or wait) and try again."
    return f"The warehouse {path} cannot be opened: {message.splitlines()[0]}"


def prepare_reader(connection: duckdb.DuckDBPyConnection) -> None:
    """Set a connection up to read large sources: in UTC, in little memory, and able to say how far it is."""
    connection.execute(
        f"set global TimeZone = 'UTC'; set memory_limit = '{READING_MEMORY}'; set enable_progress_bar = true;"
        " set enable_progress_bar_print = false; set progress_bar_time = 0"
    )


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Commit what the block writes as one, or nothing of it if it raises."""
    connection.begin()
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def checked_identifier(name: str, what: str) -> str:
    """
    Return `name` if it may name a relation or column without quoting.

    Raises
    ------
    InputError
        If it does not match `[a-z_][a-z0-9_]{0,62}`.
    """
    if not IDENTIFIER.fullmatch(name):
        raise InputError(
            f"{name!r} cannot be the name of a {what}: use lower-case letters, digits and _, "
            "a letter or _ first, at most 63 characters."
        )
    return name


def quoted(*parts: str) -> str:
    """Return the parts of a name quoted for SQL and joined by dots."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def literal(text: str) -> str:
    """Return `text` as a SQL string."""
    return "'" + text.replace("'", "''") + "'"


def file_literal(path: Path) -> str:
    """Return the one file `path` as DuckDB's readers take it: a `*` in its name is not a pattern."""
    return literal("".join(f"[{mark}]" if mark in "*?[" else mark for mark in str(path)))


def table_state(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> TableState | None:
    """Return what `schema.table` is now, or None if there is no such relation in the current database."""
    found = connection.execute(
        "select comment, false as is_view from duckdb_tables()"
        " where database_name = current_database() and schema_name = $1 and table_name = $2"
        " union all select comment, true from duckdb_views()"
        " where database_name = current_database() and schema_name = $1 and view_name = $2",
        [schema, table],
    ).fetchone()
    if found is None:
        return None
    name = quoted(schema, table)
    described = connection.execute(f"describe {name}").fetchall()
    counted = connection.execute(f"select count(*) from {name}").fetchone()  # noqa: S608
    return TableState(
        rows=counted[0] if counted else 0,
        columns={row[0]: row[1] for row in described},
        comment=found[0],
        is_view=found[1],
    )


def comment_on(schema: str, table: str, comment: str | None) -> str:
    """Return the statement that writes the comment of a table, or removes it with None."""
    text = "null" if comment is None else literal(comment)
    return f"comment on table {quoted(schema, table)} is {text}"
