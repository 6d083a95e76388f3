"""Questions to the last build: answered from its tables of draws, without fitting anything again."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from conversionflow.core.array_store import ArrayStore
from conversionflow.core.errors import InputError
from conversionflow.core.fingerprint import code_digest
from conversionflow.core.settings import Settings
from conversionflow.optimization.seed_rows import SOURCE
from conversionflow.pipeline.budget_rules import BudgetRules
from conversionflow.pipeline.checkpoint import Checkpoint
from conversionflow.pipeline.plan_inputs import PlanInputs
from conversionflow.pipeline.plan_solver import Solved, Solver
from conversionflow.pipeline.plan_tables import allocation_rows, plan_row
from conversionflow.warehouse.frames import to_pandas

if TYPE_CHECKING:
    import pyarrow as pa

#: Tables by the names that a plan's inputs have.
INPUTS = {"draws": "posterior_draws", "constants": "model_constants"} | {
    name: name for name in ("periods", "touchpoint_periods")
}
#: Sources that decide what a search finds, and the libraries whose versions do.
CODE = ("conversionflow.optimization", "conversionflow.estimation")
LIBRARIES = ("numba", "numpy", "scipy")


@dataclass(frozen=True, eq=False)
class LastBuild:
    """What the last build left to answer from.

    Attributes
    ----------
    solver : Solver
        With the build's own settings, limits and rules.
    run_id : str
        The run that fitted the model.
    built : set of str
        Scenarios of the build itself.
    saved_schema : str
        Where scenarios are saved.
    """

    solver: Solver
    run_id: str
    built: set[str]
    saved_schema: str

    @classmethod
    def of(cls, tables: "Mapping[str, pa.Table]") -> "LastBuild":
        """Prepare the answers from `conversionflow.warehouse.last_build.last_tables`.

        Raises
        ------
        InputError
            Where the build was made by another version of the package.
        """
        frames = {name: to_pandas(table) for name, table in tables.items()}
        plans = frames["budget_plans"]
        manifest = frames["run_manifest"].sort_values("finished_at").iloc[-1]
        given = json.loads(manifest["settings"])
        model = str(plans["model"].iloc[0])
        named = {name: frames[table] for name, table in INPUTS.items()}
        inputs = PlanInputs.of_frames(_settings(given), model, named)
        rules = BudgetRules(inputs, frames["touchpoint_limits"], frames["budget_rules"])
        run = str(named["draws"]["run_id"].iloc[0])
        built = set(plans["scenario"].astype(str))
        return cls(Solver(inputs, rules), run, built, str(given["saved_scenarios_schema"]))

    def with_rules(self, limits: pd.DataFrame | None, rules: pd.DataFrame) -> Solver:
        """Return the solver with other limits, where any are given, and with more rules."""
        own = self.solver.rules
        changed = own if limits is None else replace(own, limits=limits.assign(**{SOURCE: "--limits"}))
        return Solver(self.solver.inputs, changed if rules.empty else changed.with_rules(rules))

    def checkpoint(self, project: Path) -> Checkpoint | None:
        """Return where a search is kept while it runs, beside the fits; None where nothing is kept."""
        path = self.solver.inputs.settings.fit_cache_path
        if path is None:
            return None
        return Checkpoint(ArrayStore(project / path, code_digest(CODE, LIBRARIES)))


def scenario_tables(build: LastBuild, solver: Solver, solved: Solved, name: str) -> dict[str, pd.DataFrame]:
    """Return the rows of `budget_allocation` and `budget_plans` that a scenario saved now would have."""
    allocation = allocation_rows(solver, solved).assign(scenario=name, run_id=build.run_id)
    plan = plan_row(solver, solved).assign(scenario=name, run_id=build.run_id)
    saved_at = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    return {"budget_allocation": allocation, "budget_plans": plan.assign(saved_at=saved_at)}


def given_plan(rows: pd.DataFrame, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], float]:
    """Read a plan: columns touchpoint, spend and, where a touchpoint is in several markets, market.

    Raises
    ------
    InputError
        Naming what is wrong with the rows.
    """
    if missing := {"touchpoint", "spend"} - set(rows.columns):
        raise InputError(
            f"A plan has the columns market, touchpoint, spend; this one lacks {', '.join(missing)}."
        )
    plan: dict[tuple[str, str], float] = {}
    for row in rows.to_dict("records"):
        touchpoint, market = str(row["touchpoint"]).strip(), str(row.get("market") or "").strip()
        places = [key for key in keys if key[1] == touchpoint and market in ("", key[0])]
        if len(places) > 1:
            raise InputError(
                f"{touchpoint} is in {', '.join(key[0] for key in places)}: give its market too."
            )
        key = places[0] if places else (market or "?", touchpoint)
        if key in plan:
            raise InputError(f"The plan has {' / '.join(key)} twice.")
        try:
            plan[key] = float(row["spend"])
        except ValueError:
            raise InputError(f"The spend on {' / '.join(key)} is {row['spend']!r}, not a number.") from None
    return plan


def _settings(given: Mapping[str, object]) -> Settings:
    """Return the settings of the last build.

    Raises
    ------
    InputError
        Where it did not have those of this version of the package.
    """
    names = [field.name for field in fields(Settings)]
    if missing := [name for name in names if name not in given]:
        raise InputError(
            f"The last build was made by another version, without the settings {', '.join(missing)}. "
            "Make it again with: dbt build"
        )
    return Settings.from_config({name: given[name] for name in names})
