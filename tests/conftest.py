"""Run dbt as a scheduler does: each command a process of its own, on a warehouse of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dbt_process
import duckdb
import psycopg2
import pytest
from postgres_server import DICTIONARY, PostgresServer, dictionary_server, postgres_server

__all__ = ["dictionary_server", "postgres_server"]

PROJECT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Outcome:
    code: int
    output: str


@dataclass(frozen=True)
class Warehouse:
    """A DuckDB file and the folder dbt works in."""

    folder: Path
    project: Path = field(default=PROJECT, kw_only=True)
    target = "duckdb"
    schema = "main"
    place = "?"

    @property
    def log(self) -> Path:
        return self.folder / "output.txt"

    @property
    def path(self) -> Path:
        return self.folder / "warehouse.duckdb"

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "CONVERSIONFLOW_DUCKDB_PATH": str(self.path),
            "DBT_TARGET_PATH": str(self.folder / "target"),
            "DBT_LOG_PATH": str(self.folder / "logs"),
            "DBT_PROFILES_DIR": str(PROJECT),
            "DBT_TARGET": self.target,
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "NO_COLOR": "1",
        }

    def run(self, *command: str) -> Outcome:
        """Run a command of the project's environment against this warehouse."""
        process = subprocess.run(  # noqa: S603
            [str(BIN / command[0]), *command[1:]],
            cwd=self.project,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return Outcome(process.returncode, process.stdout + process.stderr)

    def dbt(self, *arguments: str, settings: dict[str, object] | None = None) -> Outcome:
        process = self.start_dbt(*arguments, settings=settings)
        process.join()
        return Outcome(process.exitcode, self.log.read_text())

    def start_dbt(self, *arguments: str, settings: dict[str, object] | None = None) -> Any:
        """Begin a dbt command and return its process, which writes to `log`."""
        extra = ["--project-dir", str(self.project), "--target", self.target]
        extra += ["--vars", json.dumps(settings)] if settings else []
        # the same relative path for each warehouse, so that dbt need not parse the project for each
        environment = {**self.environment, "CONVERSIONFLOW_DUCKDB_PATH": self.path.name}
        return dbt_process.start([*arguments, *extra], self.folder, environment, self.log)

    @contextmanager
    def cursor(self) -> Iterator[Any]:
        """A DBAPI cursor whose work is kept if nothing fails."""
        with duckdb.connect(self.path) as connection:
            yield connection

    def query(self, sql: str) -> list[tuple]:
        with duckdb.connect(self.path, read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def execute(self, *statements: str) -> None:
        with self.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def fill(self, table: str, rows: list[tuple]) -> None:
        """Put rows, a value for each column, in place of the table's."""
        places = ", ".join([self.place] * len(rows[0])) if rows else ""
        with self.cursor() as cursor:
            cursor.execute(f"delete from {table}")  # noqa: S608
            if rows:
                cursor.executemany(f"insert into {table} values ({places})", rows)  # noqa: S608

    def columns(self, table: str) -> list[str]:
        """Names of a table's columns but those that are of one run."""
        rows = self.query(f"""
            select column_name from information_schema.columns
            where table_name = '{table}' and table_schema = '{self.schema}' order by ordinal_position
        """)  # noqa: S608
        return [f'"{name}"' for (name,) in rows if name not in ("run_id", "seconds")]

    def allocated(self, column: str) -> dict[tuple[str, str], float]:
        """Spend by market and touchpoint of the plan for today's budget, a column of budget_allocation."""
        rows = self.query(f"""
            select market, touchpoint, {column} from budget_allocation where scenario = 'fixed_budget'
        """)  # noqa: S608
        return {(market, touchpoint): float(spend) for market, touchpoint, spend in rows}

    def true_transitions_inside_their_intervals(self) -> tuple[int, int]:
        """How many of the demo's true transition probabilities lie in their intervals, and how many are."""
        ((inside, pairs),) = self.query("""
            select count(case when probability_collapsed between low and high then 1 end), count(*)
            from posterior_summary as estimate
            inner join demo_truth.transitions as truth
                on estimate.market = truth.market and estimate.touchpoint = truth.touchpoint_from
                and estimate.related_touchpoint = truth.touchpoint_to
            where parameter = 'transition_probability' and truth.probability_collapsed > 0
        """)
        return inside, pairs


@dataclass(frozen=True)
class PostgresWarehouse(Warehouse):
    """A database of the tests' server."""

    server: PostgresServer
    name: str
    target = "postgres"
    schema = "conversionflow"
    place = "%s"

    @property
    def environment(self) -> dict[str, str]:
        return {
            **super().environment,
            "PGHOST": self.server.host,
            "PGPORT": str(self.server.port),
            "PGUSER": self.server.user,
            "PGDATABASE": self.name,
        }

    @contextmanager
    def cursor(self) -> Iterator[Any]:
        with (
            closing(connect(self.server, self.name, f"-c search_path={self.schema},public")) as connection,
            connection,
            connection.cursor() as cursor,
        ):
            yield cursor

    def query(self, sql: str) -> list[tuple]:
        with self.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()


def connect(server: PostgresServer, dbname: str, options: str = "") -> Any:
    return psycopg2.connect(
        host=server.host, port=server.port, user=server.user, dbname=dbname, options=options
    )


@pytest.fixture(scope="session")
def new_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Warehouse]:
    return lambda name: Warehouse(tmp_path_factory.mktemp(name))


@pytest.fixture(scope="session")
def new_postgres(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., PostgresWarehouse]:
    return lambda name, project=PROJECT: new_database(postgres_server, tmp_path_factory.mktemp(name), project)


@pytest.fixture(scope="session")
def new_dictionary(
    dictionary_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., PostgresWarehouse]:
    """Databases whose texts are in the order of a dictionary."""
    return lambda name: new_database(
        dictionary_server, tmp_path_factory.mktemp(name), options=f"locale '{DICTIONARY}'"
    )


def new_database(
    server: PostgresServer, folder: Path, project: Path = PROJECT, options: str = ""
) -> PostgresWarehouse:
    """Make a database whose name is that of the folder."""
    name = f"{folder.name}_of_tests"
    with closing(connect(server, server.dbname)) as connection:
        connection.autocommit = True
        connection.cursor().execute(f"create database {name} template template0 encoding 'UTF8' {options}")
    return PostgresWarehouse(folder, server, name, project=project)


def _new(request: pytest.FixtureRequest) -> Callable[[str], Warehouse]:
    new: Callable[[str], Warehouse] = request.getfixturevalue(f"new_{request.param}")
    return new


#: Tests that take one of these run on both targets; on Postgres the long ones by `make verify` only.
on_each_target = pytest.fixture(scope="session", params=["warehouse", "postgres"], name="on_each_target")(
    _new
)
verified_on_each_target = pytest.fixture(
    scope="session",
    params=["warehouse", pytest.param("postgres", marks=pytest.mark.verify)],
    name="verified_on_each_target",
)(_new)


@pytest.fixture(scope="session")
def raw_tables() -> str:
    """Statements that make the empty raw tables of the contract."""
    return """
        create schema raw;
        create table raw.touches (
            touch_id text, customer_id text, touched_at timestamp, channel text, campaign text, market text
        );
        create table raw.conversions (
            conversion_id text, customer_id text, converted_at timestamp, revenue decimal(18, 2), market text
        );
    """
