"""A warehouse as a build leaves it, as far as a question to it goes: small, and made in a second."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from parameter_tables import MARKET, SPEND, build
from psycopg2.extras import execute_values

from conversionflow.core.settings import Settings
from conversionflow.pipeline.budget_rules import BudgetRules
from conversionflow.pipeline.plan_inputs import PlanInputs
from conversionflow.pipeline.plan_solver import Solver

PROJECT = Path(__file__).parents[1]
TYPES = {"O": "text", "f": "double precision", "i": "bigint", "b": "boolean", "M": "timestamp"}
MARTS = ("budget_plans", "budget_allocation")
KEYS = [(MARKET, touchpoint) for touchpoint in sorted(SPEND)]
WEEKS = 4
DEFAULTS: dict[str, Any] = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["vars"]["conversionflow"]
QUICK = {
    "optimizer_population_size": 20,
    "optimizer_generations": 10,
    "optimizer_scenario_generations": 10,
    "share_interval_draws": 10,
}


def settings(**changes: object) -> dict[str, Any]:
    """All settings, the defaults but for a quick search and the changes."""
    return {**DEFAULTS, **QUICK, **changes}


def activity() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables `periods` and `touchpoint_periods`: spend around its mean by a tenth."""
    weeks = pd.date_range("2025-01-06", periods=WEEKS, freq="7D")
    rows = [
        (week, MARKET, name, spend * (0.9 if n % 2 else 1.1), 10, 400.0)
        for n, week in enumerate(weeks)
        for name, spend in {**SPEND, "radio": 70.0}.items()
    ]
    columns = ["period_start", "market", "touchpoint", "spend", "conversions", "revenue"]
    periods = pd.DataFrame({"period_start": weeks, "is_complete": True, "is_spend_complete": True})
    return periods, pd.DataFrame(rows, columns=columns)


def seeds() -> dict[str, pd.DataFrame]:
    """The two seeds, empty."""
    return {
        name: pd.read_csv(PROJECT / "seeds" / f"{name}.csv", dtype=str)
        for name in ("touchpoint_limits", "budget_rules")
    }


def solver(**changes: object) -> Solver:
    """What answers questions, from these tables."""
    tables = build()
    periods, touchpoint_periods = activity()
    own = {
        name: frame[frame["model"] == "journey"]
        for name, frame in (("draws", tables["posterior_draws"]), ("constants", tables["model_constants"]))
    }
    names = Settings.__dataclass_fields__
    chosen = Settings.from_config({name: settings(**changes)[name] for name in names})
    frames = {**own, "periods": periods, "touchpoint_periods": touchpoint_periods}
    inputs = PlanInputs.of_frames(chosen, "journey", frames)
    return Solver(inputs, BudgetRules(inputs, seeds()["touchpoint_limits"], seeds()["budget_rules"]))


def fill(warehouse: Any, **changes: object) -> None:
    """Write the tables that a question reads, in the warehouse of a test."""
    tables = build()
    periods, touchpoint_periods = activity()
    manifest = tables["run_manifest"].assign(finished_at=pd.to_datetime(["2025-02-01", "2025-02-02"]))
    frames = {
        "posterior_draws": tables["posterior_draws"],
        "model_constants": tables["model_constants"],
        "periods": periods,
        "touchpoint_periods": touchpoint_periods,
        "run_manifest": manifest.assign(settings=json.dumps(settings(**changes))),
        **seeds(),
    }
    if warehouse.schema != "main":
        warehouse.execute(f"create schema {warehouse.schema}")
    for name, frame in frames.items():
        columns = ", ".join(f"{column} {TYPES[frame[column].dtype.kind]}" for column in frame)
        warehouse.execute(f"create table {name} ({columns})")
        _insert(warehouse, name, frame)
    for name in MARTS:
        [mart] = yaml.safe_load((PROJECT / "models" / "budget" / f"{name}.yml").read_text())["models"]
        columns = ", ".join(f"{column['name']} {column['data_type']}" for column in mart["columns"])
        warehouse.execute(f"create table {name} ({columns})")
    warehouse.execute(
        "insert into budget_plans (scenario, model, run_id) values ('fixed_budget', 'journey', 'run-1')"
    )


def _insert(warehouse: Any, name: str, frame: pd.DataFrame) -> None:
    with warehouse.cursor() as cursor:
        if warehouse.target == "postgres":
            rows = list(frame.astype(object).itertuples(index=False, name=None))
            execute_values(cursor, f"insert into {name} values %s", rows)  # noqa: S608
        else:
            cursor.register("rows_of_test", frame)
            cursor.execute(f"insert into {name} select * from rows_of_test")  # noqa: S608
