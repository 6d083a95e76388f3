"""A scenario for a terminal: what to spend, what it brings, how sure that is, and what to be careful of."""

from collections.abc import Hashable
from typing import Any

import pandas as pd
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from conversionflow.reporting.spend_table import spend_table


def scenario_text(allocation: pd.DataFrame, plan: pd.Series, mass: float) -> RenderableType:
    """Lay out one scenario.

    Parameters
    ----------
    allocation, plan
        Its rows of `budget_allocation`, and its row of `budget_plans`.
    mass
        Mass of the intervals.
    """
    parts: list[RenderableType] = [_table(allocation, mass), Text(_promise(plan, mass))]
    if isinstance(plan["target_figure"], str):
        verdict = "met" if plan["target_met"] else "NOT met: this is the best within the bounds"
        parts.append(Text(f"Target {plan['target_figure']} {plan['target']:,.2f}: {verdict}."))
    if isinstance(plan["caution"], str):
        parts.append(Text(f"Caution: {plan['caution']}."))
    careful = allocation[allocation["caution"].notna()]
    parts += [Text(f"  {row.market} / {row.touchpoint}: {row.caution}") for row in careful.itertuples()]
    return Group(*parts)


def _table(allocation: pd.DataFrame, mass: float) -> Table:
    interval = f"{mass:.0%} interval"
    headings = ("market", "touchpoint", "today", "plan", "change", "share", interval)
    more = ("contribution", interval, "mroas", "held by")
    return spend_table("Spend per period", (*headings, *more), _cells, allocation)


def _cells(row: dict[Hashable, Any]) -> list[str]:
    today, then = row["current_spend"], row["recommended_spend"]
    return [
        row["market"],
        row["touchpoint"],
        f"{today:,.2f}",
        f"{then:,.2f}",
        f"{then / today - 1:+.0%}" if today else "",
        f"{row['spend_share']:.1%}",
        _interval(row["share_low"], row["share_high"], ".1%"),
        f"{row['conversions_recommended']:,.1f}" if pd.notna(row["conversions_recommended"]) else "",
        _interval(row["conversions_recommended_low"], row["conversions_recommended_high"], ",.1f"),
        f"{row['mroas']:,.2f}" if pd.notna(row["mroas"]) else "",
        row["binding_rule"],
    ]


def _interval(low: float, high: float, form: str) -> str:
    return f"{low:{form}} to {high:{form}}" if pd.notna(low) else ""


def _promise(plan: pd.Series, mass: float) -> str:
    returns = ", ".join(
        f"{name} {plan[column]:,.2f}"
        for name, column in (("ROAS", "roas"), ("CPA", "cpa"), ("marginal ROAS", "mroas"))
        if pd.notna(plan[column])
    )
    rules = "" if plan["feasible"] else " It breaks rules."
    today, then = plan["conversions_current"], plan["conversions_recommended"]
    interval = _interval(plan["uplift_low"], plan["uplift_high"], ",.1f")
    return (
        f"{plan['scenario']}: budget {plan['total_budget']:,.2f} per period. Tracked conversions: "
        f"{today:,.1f} expected today, {then:,.1f} with the plan; uplift {plan['uplift']:,.1f} ({mass:.0%} "
        f"interval {interval}; {plan['uplift_downside']:,.1f} if it goes badly), better than today with "
        f"probability {plan['probability_better']:.2f}. {returns}.{rules}"
    )
