"""The plan for a terminal: what a reader of `make demo` sees first."""

import json
from collections.abc import Hashable
from typing import Any

import pandas as pd
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from conversionflow.reporting.spend_table import spend_table


def plan_text(allocation: pd.DataFrame, plans: pd.DataFrame, manifest: pd.Series) -> RenderableType:
    """Lay out the plan as a table with what it promises, or say why there is none.

    Parameters
    ----------
    allocation, plans
        Rows of `budget_allocation` and `budget_plans`.
    manifest
        The latest row of `run_manifest`.
    """
    if plans.empty:
        return Text(f"There is no budget plan. {manifest['degradations']}")
    plan = plans.iloc[0]
    mass = json.loads(manifest["settings"])["credible_mass"]
    return Group(_table(allocation, mass), Text(_promise(plan)), Text(_caveats(manifest)))


def _table(allocation: pd.DataFrame, mass: float) -> Table:
    headings = ("market", "touchpoint", "today", "plan", "change", "contribution", f"{mass:.0%} interval")
    return spend_table("Recommended spend per period", (*headings, "mroas", "held by"), _cells, allocation)


def _cells(row: dict[Hashable, Any]) -> list[str]:
    today, then = row["current_spend"], row["recommended_spend"]
    low, high = row["conversions_recommended_low"], row["conversions_recommended_high"]
    return [
        row["market"],
        row["touchpoint"],
        f"{today:,.2f}",
        f"{then:,.2f}",
        f"{then / today - 1:+.0%}" if today else "",
        f"{row['conversions_recommended']:,.1f}",
        f"{low:,.1f} to {high:,.1f}",
        f"{row['mroas']:,.2f}",
        row["binding_rule"],
    ]


def _promise(plan: pd.Series) -> str:
    return (
        f"Model {plan['model']}, budget {plan['total_budget']:,.2f} per period: "
        f"{plan['conversions_current']:,.1f} tracked conversions expected today, "
        f"{plan['conversions_recommended']:,.1f} with the plan; uplift {plan['uplift']:,.1f} "
        f"({plan['uplift_low']:,.1f} to {plan['uplift_high']:,.1f}), "
        f"better than today with probability {plan['probability_better']:.2f}."
    )


def _caveats(manifest: pd.Series) -> str:
    warnings = f"{manifest['warning_count']} warning(s)"
    return f"{warnings}: {manifest['warnings']}" if manifest["warning_count"] else ""
