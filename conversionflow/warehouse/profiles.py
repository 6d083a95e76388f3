"""dbt's `profiles.yml`: which warehouse a target is. dbt itself takes seconds to import."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conversionflow.core.errors import InputError
from conversionflow.core.yaml_file import read_yaml
from conversionflow.warehouse.duckdb import PROJECT_FILE, database_path, literal, project_folder, quoted
from conversionflow.warehouse.session import Session

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_FILE = "profiles.yml"
_DUCKDB_SCHEMA = "main"
#: libpq's keyword for a key of a Postgres target.
_KEYWORDS = {
    "host": "host",
    "port": "port",
    "user": "user",
    "password": "password",
    "pass": "password",
    "dbname": "dbname",
    "database": "dbname",
    "sslmode": "sslmode",
    "sslcert": "sslcert",
    "sslkey": "sslkey",
    "sslrootcert": "sslrootcert",
    "connect_timeout": "connect_timeout",
}


@dataclass(frozen=True)
class Target:
    """
    A warehouse to load into.

    Attributes
    ----------
    name
        For messages: a file, or a database and its server.
    path
        The DuckDB file; None for Postgres.
    settings
        What libpq needs for Postgres.
    role
        The Postgres role that the tables will belong to.
    schema
        Where dbt puts its results.
    """

    name: str
    path: Path | None
    settings: Mapping[str, object]
    role: str | None = None
    schema: str = _DUCKDB_SCHEMA

    def session(self) -> AbstractContextManager[Session]:
        """Open the warehouse for a load."""
        if self.path is not None:
            from conversionflow.warehouse.duckdb_session import duckdb_session

            return duckdb_session(self.path)
        from conversionflow.warehouse.postgres_session import postgres_session

        return postgres_session(self.name, self.settings, self.role)

    def results(self, tables: Collection[str]) -> dict[str, pd.DataFrame]:
        """Return tables that `dbt build` made, as pandas has them, by name; errors as for `tables`."""
        from conversionflow.warehouse.frames import to_pandas

        return {name: to_pandas(table) for name, table in self.tables(tables).items()}

    def tables(
        self, tables: Collection[str], only: Mapping[str, Mapping[str, str]] | None = None
    ) -> dict[str, pa.Table]:
        """
        Return tables that `dbt build` made, by name.

        Parameters
        ----------
        tables
            Their names.
        only
            By table, the value that rows must have in a column to be read at all.

        Raises
        ------
        InputError
            If the warehouse cannot be reached, or there is no such table.
        """
        from conversionflow.warehouse.results import duckdb_results, postgres_results

        wanted = {name: quoted(self.schema, name) + _where((only or {}).get(name)) for name in tables}
        if self.path is not None:
            return duckdb_results(self.path, wanted)
        return postgres_results(self.name, self.settings, wanted)


def find_target(name: str | None, database: Path | None = None) -> Target:
    """
    Return a target of the project's profile.

    Parameters
    ----------
    name
        The target; None: the profile's own choice, or without any `profiles.yml` the DuckDB file of
        `database_path`.
    database
        A DuckDB file, which needs no profile.

    Raises
    ------
    InputError
        If there is no such target, or its description is not complete.
    """
    if database is not None:
        if name is not None:
            raise InputError("Say either --target or --database: each names the warehouse.")
        return _duckdb_target(database_path(database))
    file = _profiles_file()
    if file is None:
        if name is None:
            return _duckdb_target(database_path())
        raise InputError(f"There is no {_FILE} in the project, in DBT_PROFILES_DIR or in ~/.dbt.")
    profile = _profile(file)
    chosen = name or str(_rendered(file, profile.get("target", "default")))
    outputs = profile.get("outputs") or {}
    if chosen not in outputs:
        raise InputError(f"{file} has no target {chosen}. It has {', '.join(outputs) or 'none'}.")
    return _target(file, chosen, {key: _rendered(file, value) for key, value in outputs[chosen].items()})


def _where(only: Mapping[str, str] | None) -> str:
    conditions = [f"{quoted(column)} = {literal(value)}" for column, value in (only or {}).items()]
    return f" where {' and '.join(conditions)}" if conditions else ""


def _duckdb_target(path: Path, schema: str = _DUCKDB_SCHEMA) -> Target:
    return Target(str(path), path, {}, schema=schema)


def _profiles_file() -> Path | None:
    folders = [os.environ.get("DBT_PROFILES_DIR"), project_folder(), Path.home() / ".dbt"]
    files = (Path(folder).expanduser() / _FILE for folder in folders if folder)
    return next((file for file in files if file.is_file()), None)


def _profile(file: Path) -> dict[str, Any]:
    project = project_folder() / PROJECT_FILE
    content = read_yaml(str(project), project.read_text(encoding="utf-8")) if project.is_file() else {}
    profiles = read_yaml(str(file), file.read_text(encoding="utf-8")) or {}
    name = content.get("profile", "conversionflow")
    if name not in profiles:
        raise InputError(f"{file} has no profile {name}, which {PROJECT_FILE} asks for.")
    profile: dict[str, Any] = profiles[name]
    return profile


def _target(file: Path, name: str, output: Mapping[str, Any]) -> Target:
    if output.get("type") == "duckdb":
        path = Path(str(output.get("path", ":memory:"))).expanduser()
        if not path.name.endswith((".duckdb", ".db")) and ":" in str(path):
            raise InputError(
                f"{file}, target {name}: {path} is not a file, so nothing can be loaded into it."
            )
        schema = str(output.get("schema", _DUCKDB_SCHEMA))
        return _duckdb_target((project_folder() / path).absolute(), schema)
    settings = {_KEYWORDS[key]: value for key, value in output.items() if key in _KEYWORDS and value != ""}
    if "host" not in settings or "dbname" not in settings:
        raise InputError(
            f"{file}, target {name}: a {output.get('type')} target is not one that load can write into. It "
            "should be DuckDB, or have the host and dbname of a Postgres server."
        )
    role = str(output["role"]) if output.get("role") else None
    schema = str(output.get("schema", "public"))
    return Target(f"{settings['dbname']} on {settings['host']}", None, settings, role, schema)


def _rendered(file: Path, value: Any) -> Any:
    if not isinstance(value, str) or "{" not in value:
        return value
    from jinja2 import TemplateError
    from jinja2.sandbox import SandboxedEnvironment

    def env_var(variable: str, default: str | None = None) -> str:
        found = os.environ.get(variable, default)
        if found is None:
            raise InputError(f"{file} asks for the environment variable {variable}, which is not set.")
        return found

    environment = SandboxedEnvironment()
    environment.globals["env_var"] = env_var
    # what they convert to, libpq reads from text as well
    environment.filters |= dict.fromkeys(("as_number", "as_bool", "as_native", "as_text"), str)
    try:
        return environment.from_string(value).render()
    except TemplateError as error:
        raise InputError(f"{file}: {value} cannot be read: {error}") from error
