"""What a build left, as one file's content: the parameters of the plan's model with the plan itself."""

from collections.abc import Mapping

import pandas as pd

from conversionflow.core.errors import InputError
from conversionflow.estimation import ParameterExport

#: The tables that an export is made from.
TABLES = ("posterior_draws", "model_constants", "budget_allocation", "budget_plans", "run_manifest")
SCENARIO = "fixed_budget"


def parameter_export(tables: Mapping[str, pd.DataFrame]) -> ParameterExport:
    """Collect the model that the plan for today's budget rests on, from `TABLES`.

    Raises
    ------
    InputError
        Where there is no plan, or the tables are of different builds.
    """
    plans, allocation = (
        frame[frame["scenario"] == SCENARIO]
        for frame in (tables["budget_plans"], tables["budget_allocation"])
    )
    tables = {**tables, "budget_plans": plans, "budget_allocation": allocation}
    if plans.empty:
        raise InputError("The last build made no plan, so there is nothing to export; run_notes says why")
    manifest = _manifest(tables, str(plans["run_id"].iloc[0]))
    origin = {str(name): str(manifest[name]) for name in ("run_id", "data_hash", "settings", "versions")}
    origin["model"] = str(plans["model"].iloc[0])
    return ParameterExport.from_frames(
        tables["posterior_draws"], tables["model_constants"], allocation, origin
    )


def _manifest(tables: Mapping[str, pd.DataFrame], run: str) -> pd.Series:
    """Return the run's row of the manifest, after a look at whether all tables are of that run."""
    others = {name for name in TABLES[:-1] if set(tables[name]["run_id"]) != {run}}
    rows = tables["run_manifest"][tables["run_manifest"]["run_id"] == run]
    if others or rows.empty:
        names = ", ".join(sorted(others)) or "run_manifest"
        raise InputError(
            f"The plan is of run {run}, and not so {names}: a build was stopped or made only some of the "
            "tables. Make all of them with: dbt build"
        )
    return rows.iloc[0]
