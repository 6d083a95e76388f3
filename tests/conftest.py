"""Run dbt as a scheduler does: each command a process of its own, on a warehouse of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import dbt_process
import duckdb
import pytest
from postgres_server import postgres_server

__all__ = ["postgres_server"]

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
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "NO_COLOR": "1",
        }

    def run(self, *command: str) -> Outcome:
        """Run a command of the project's environment against this warehouse."""
        process = subprocess.run(  # noqa: S603
            [str(BIN / command[0]), *command[1:]],
            cwd=PROJECT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return Outcome(process.returncode, process.stdout + process.stderr)

    def dbt(self, *arguments: str, settings: dict[str, object] | None = None) -> Outcome:
        extra = ["--vars", json.dumps(settings)] if settings else []
        log = self.folder / "output.txt"
        code = dbt_process.run([*arguments, *extra], PROJECT, self.environment, log)
        return Outcome(code, log.read_text())

    def query(self, sql: str) -> list[tuple]:
        with duckdb.connect(self.path, read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def allocated(self, column: str) -> dict[tuple[str, str], float]:
        """Spend by market and touchpoint in a column of budget_allocation."""
        rows = self.query(f"select market, touchpoint, {column} from budget_allocation")  # noqa: S608
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

    def execute(self, *statements: str) -> None:
        with duckdb.connect(self.path) as connection:
            for statement in statements:
                connection.execute(statement)


@pytest.fixture(scope="session")
def new_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Warehouse]:
    return lambda name: Warehouse(tmp_path_factory.mktemp(name))


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
