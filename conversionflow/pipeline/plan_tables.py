"""Plans as rows of the tables."""

import numpy as np
import pandas as pd

from conversionflow.optimization.goals import Downside, ExpectedConversions
from conversionflow.optimization.problem import BudgetProblem
from conversionflow.optimization.uncertainty import share_intervals
from conversionflow.pipeline.cautions import UNTRACKED, cautions, summarised
from conversionflow.pipeline.plan_inputs import Floats, PlanInputs
from conversionflow.pipeline.plan_solver import Solved, Solver

SHARES = ("share_low", "share_high")


def allocation_rows(solver: Solver, solved: Solved) -> pd.DataFrame:
    """Complete a plan's rows: contributions, marginal ROAS, CPA, interval of the share, cautions.

    Touchpoints that the network knows nothing about follow at their spend of today.
    """
    inputs, rows = solver.inputs, solved.plan.allocation
    plan = rows["recommended_spend"].to_numpy()
    revenue = rows["market"].map(inputs.revenue_per_conversion)
    today = _contributions(inputs, rows["current_spend"].to_numpy(), "conversions_current")
    then = _contributions(inputs, plan, "conversions_recommended")
    brought = then["conversions_recommended"]
    budget = float(plan.sum()) + solver.rules.fixed
    complete = pd.concat([rows, today, then], axis=1).assign(
        spend_share=plan / budget,
        mroas=rows["marginal_conversions"] * revenue,
        cpa=rows["recommended_spend"] / brought.where(brought > 0),
        caution=np.array(cautions(inputs, plan), dtype=object),
    )
    shares = np.full((2, len(plan)), np.nan)
    if solved.problem is not None:
        shares = np.stack(_shares(solver, solved, solved.problem, plan)) * float(plan.sum()) / budget
    complete[list(SHARES)] = shares.T
    return pd.concat([complete, _untracked(inputs, budget)]).assign(scenario=solved.question.scenario)


def plan_row(solver: Solver, solved: Solved) -> pd.DataFrame:
    """Complete a plan's one row: target, ROAS, CPA, downside, cautions."""
    inputs, summary = solver.inputs, solved.plan.summary
    plan, today = (solved.plan.allocation[name].to_numpy() for name in ("recommended_spend", "current_spend"))
    returns = solver.economics.returns(plan)
    downside = Downside(ExpectedConversions(inputs.response), inputs.settings.downside_share, today)
    target, answer = solved.question.target, solved.answer
    texts = [*solved.notes, summarised(inputs, plan)]
    return summary.assign(
        scenario=solved.question.scenario,
        model=inputs.model,
        total_budget=summary["total_budget"] + solver.rules.fixed,
        uplift_downside=float(downside.values(plan[None])[0]),
        roas=returns.roas,
        cpa=returns.cpa if np.isfinite(returns.cpa) else np.nan,
        mroas=solved.mroas,
        target_figure=None if target is None else target.figure,
        target=np.nan if target is None else target.amount,
        target_met=None if answer is None else answer.met,
        caution=". ".join(text.rstrip(".") for text in texts if text) or None,
    )


def generation_rows(solved: Solved) -> pd.DataFrame:
    """Name the scenario of a search's generations."""
    return solved.plan.history.assign(scenario=solved.question.scenario)


def _shares(solver: Solver, solved: Solved, problem: BudgetProblem, plan: Floats) -> tuple[Floats, Floats]:
    """Intervals of the shares from plans solved anew for single draws, evenly chosen."""
    inputs = solver.inputs
    count = inputs.response.draw_count
    kept = min(inputs.settings.share_interval_draws, count)
    goals = (
        solver.goal(solved.question.target, inputs.response.take(np.array([place])))
        for place in np.arange(kept) * count // kept
    )
    return share_intervals(goals, problem, plan, inputs.settings.credible_mass)


def _contributions(inputs: PlanInputs, plan: Floats, name: str) -> pd.DataFrame:
    """Conversions that each touchpoint's spend brings: with the plan less without this touchpoint's spend."""
    without = np.tile(plan, (len(plan), 1))
    np.fill_diagonal(without, 0.0)
    draws = inputs.response.conversions(np.vstack([plan, without]))
    contribution = draws[:, :1] - draws[:, 1:]
    low, high = inputs.interval(contribution)
    return pd.DataFrame({name: contribution.mean(axis=0), f"{name}_low": low, f"{name}_high": high})


def _untracked(inputs: PlanInputs, budget: float) -> pd.DataFrame:
    """Rows of touchpoints the network knows nothing about: they keep their spend."""
    spend = inputs.untracked["current_spend"].round(2)
    return inputs.untracked.assign(
        current_spend=spend,
        recommended_spend=spend,
        min_spend=spend,
        max_spend=spend,
        spend_share=spend / budget,
        binding_rule="no tracked touches",
        caution=UNTRACKED,
    )
