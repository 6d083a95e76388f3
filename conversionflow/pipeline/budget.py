"""The budget search's dbt model: from posterior draws in tables to a plan."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from conversionflow.core.settings import Settings
from conversionflow.optimization import (
    BudgetProblem,
    GeneticSettings,
    Plan,
    default_bounds,
    optimise,
)
from conversionflow.pipeline.plan_inputs import Floats, PlanInputs
from conversionflow.pipeline.records import schema, to_records

SCENARIO = "fixed_budget"
OBJECTIVE = "conversions"
SEARCH = schema(
    text="record scenario objective model market touchpoint binding_rule optimality_reference note",
    count="generation",
    number="total_budget current_spend recommended_spend min_spend max_spend conversions_current "
    "conversions_current_low conversions_current_high conversions_recommended conversions_recommended_low "
    "conversions_recommended_high uplift uplift_low uplift_high probability_better optimality_gap "
    "first_order_gap budget_residual mroas cpa best mean worst diversity",
    flag="feasible",
)


def search_budget(settings: Mapping[str, Any], **relations: Any) -> pa.Table:
    """Search the plan that brings the most tracked conversions for the budget.

    Parameters
    ----------
    settings
        The model's `config.settings`.
    relations
        As for `PlanInputs.read`.

    Raises
    ------
    ConvergenceError
        Where the plan's model did not converge.
    InfeasibleBudgetError
        Where no plan can keep the bounds and the budget.
    """
    chosen = Settings.from_config(settings)
    inputs = PlanInputs.read(chosen, relations)
    if inputs is None:
        return to_records({}, [], SEARCH)
    fixed = float(inputs.untracked["current_spend"].round(2).sum())
    problem = _problem(inputs, fixed)
    plan = optimise(
        inputs.response,
        problem,
        GeneticSettings(
            population=chosen.optimizer_population_size,
            generations=chosen.optimizer_generations,
            seed=chosen.random_seed,
        ),
        chosen.credible_mass,
    )
    parts = {
        "allocation": pd.concat([_allocation(inputs, plan), _untracked(inputs)]),
        "plan": plan.summary.assign(
            model=inputs.model, objective=OBJECTIVE, total_budget=plan.summary["total_budget"] + fixed
        ),
        "generation": plan.history,
    }
    scenario = {name: frame.assign(scenario=SCENARIO) for name, frame in parts.items()}
    return to_records(scenario, _notes(inputs, plan), SEARCH)


def _problem(inputs: PlanInputs, fixed: float) -> BudgetProblem:
    """Bounds relative to today's plan; what is spent outside the network is set aside from a given total."""
    settings = inputs.settings
    low, high = default_bounds(inputs.current, settings.min_spend_ratio, settings.max_spend_ratio)
    given = settings.total_budget
    total = float(inputs.current.sum()) if given is None else given - fixed
    return BudgetProblem(keys=inputs.response.keys, current=inputs.current, low=low, high=high, total=total)


def _allocation(inputs: PlanInputs, plan: Plan) -> pd.DataFrame:
    """Complete the plan's rows with contributions, marginal ROAS and CPA."""
    rows = plan.allocation
    revenue = rows["market"].map(inputs.revenue_per_conversion)
    today = _contributions(inputs, rows["current_spend"].to_numpy(), "conversions_current")
    then = _contributions(inputs, rows["recommended_spend"].to_numpy(), "conversions_recommended")
    brought = then["conversions_recommended"]
    return pd.concat([rows, today, then], axis=1).assign(
        mroas=rows["marginal_conversions"] * revenue,
        cpa=rows["recommended_spend"] / brought.where(brought > 0),
    )


def _contributions(inputs: PlanInputs, plan: Floats, name: str) -> pd.DataFrame:
    """Conversions that each touchpoint's spend brings: with the plan less without this touchpoint's spend."""
    without = np.tile(plan, (len(plan), 1))
    np.fill_diagonal(without, 0.0)
    draws = inputs.response.conversions(np.vstack([plan, without]))
    contribution = draws[:, :1] - draws[:, 1:]
    low, high = inputs.interval(contribution)
    return pd.DataFrame({name: contribution.mean(axis=0), f"{name}_low": low, f"{name}_high": high})


def _untracked(inputs: PlanInputs) -> pd.DataFrame:
    """Rows of touchpoints the network knows nothing about: they keep their spend."""
    spend = inputs.untracked["current_spend"].round(2)
    return inputs.untracked.assign(
        current_spend=spend,
        recommended_spend=spend,
        min_spend=spend,
        max_spend=spend,
        binding_rule="no tracked touches",
    )


def _notes(inputs: PlanInputs, plan: Plan) -> list[tuple[str, str]]:
    """Cautions about the plan: spend outside the network, and spend beyond what was ever seen."""
    notes = [
        (
            "warning",
            f"{row.touchpoint} in {row.market} has spend but no tracked touches: the network says nothing "
            "about it and the plan leaves its spend as it is",
        )
        for row in inputs.untracked.itertuples()
    ]
    recommended = plan.allocation["recommended_spend"].to_numpy()
    for (market, touchpoint), spend, seen in zip(
        inputs.response.keys, recommended, inputs.spend_seen, strict=True
    ):
        if not seen.min() <= spend <= seen.max():
            notes.append(
                (
                    "warning",
                    f"The plan spends {spend:,.2f} on {touchpoint} in {market}; the data hold only periods "
                    f"with {seen.min():,.2f} to {seen.max():,.2f}, so its effect there is the model's word",
                )
            )
    return notes
