"""The budget search's dbt model: from posterior draws in tables to plans."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
import pyarrow as pa

from conversionflow.core.errors import InfeasibleBudgetError, InputError
from conversionflow.core.settings import Settings
from conversionflow.optimization.scenarios import Target
from conversionflow.pipeline.budget_rules import BudgetRules
from conversionflow.pipeline.frontier import frontier_rows
from conversionflow.pipeline.plan_inputs import PlanInputs
from conversionflow.pipeline.plan_solver import (
    FIXED_BUDGET,
    Question,
    Solved,
    Solver,
    genetic_settings,
    shorter_search,
)
from conversionflow.pipeline.plan_tables import allocation_rows, generation_rows, plan_row
from conversionflow.pipeline.records import schema, to_records
from conversionflow.pipeline.sensitivity import sensitivity_rows
from conversionflow.warehouse.relations import to_frame

SWEEP = "sweep"
TARGET = "target_"
SEARCH = schema(
    text="record scenario objective model market touchpoint binding_rule optimality_reference note caution "
    "target_figure kind parameter direction",
    count="generation plan_id",
    number="total_budget current_spend recommended_spend min_spend max_spend conversions_current "
    "conversions_current_low conversions_current_high conversions_recommended conversions_recommended_low "
    "conversions_recommended_high uplift uplift_low uplift_high uplift_downside probability_better "
    "optimality_gap first_order_gap budget_residual spend_share share_low share_high roas mroas cpa target "
    "best mean worst diversity spend conversions revenue downside moved_share value uplift_of_best "
    "effective_draws",
    flag="feasible target_met recommended",
)


def search_budget(
    settings: Mapping[str, Any], *, touchpoint_limits: Any, budget_rules: Any, **relations: Any
) -> pa.Table:
    """Search the plan of each of the setting `scenarios`.

    Parameters
    ----------
    settings
        The model's `config.settings`.
    touchpoint_limits, budget_rules
        The seeds.
    relations
        As for `PlanInputs.read`.

    Raises
    ------
    ConvergenceError
        Where the plan's model did not converge.
    InfeasibleBudgetError
        Where no plan can keep the rules and the budget of `fixed_budget`.
    """
    chosen = Settings.from_config(settings)
    inputs = PlanInputs.read(chosen, relations)
    if inputs is None:
        return to_records({}, [], SEARCH)
    rules = BudgetRules(inputs, to_frame(touchpoint_limits), to_frame(budget_rules))
    solver = Solver(inputs, rules)
    notes = _untracked(inputs)
    solved = sorted(_solved(solver, notes), key=lambda one: one.question.scenario != FIXED_BUDGET)
    parts = {
        "allocation": pd.concat([allocation_rows(solver, one) for one in solved]),
        "plan": pd.concat([plan_row(solver, one) for one in solved]),
        "generation": pd.concat([generation_rows(one) for one in solved]),
    }
    if (main := solved[0]).question.scenario == FIXED_BUDGET:
        totals = [one for one in solved[1:] if one.question.target is None]
        draws, priors = (to_frame(relations[name], model=inputs.model) for name in ("draws", "priors"))
        parts["frontier"] = frontier_rows(solver, main, genetic_settings(chosen))
        parts["sensitivity"] = sensitivity_rows(solver, main, draws, priors, totals)
    notes += _cautions(parts["plan"])
    return to_records(parts, notes, SEARCH)


def questions(settings: Settings) -> Iterator[Question]:
    """Yield the questions of the setting `scenarios`; a sweep is one for each of its totals."""
    for name in settings.scenarios:
        if name == FIXED_BUDGET:
            yield Question(name, settings.total_budget)
        elif name.startswith(TARGET):
            yield Question(name, None, Target(name.removeprefix(TARGET), getattr(settings, name)))


def _sweep(solver: Solver) -> Iterator[Question]:
    """Yield a question for each total of the sweep, in shares of today's."""
    today = solver.rules.total(None) + solver.rules.fixed
    for ratio in solver.inputs.settings.sweep_ratios:
        yield Question(f"budget_{100 * ratio:03.0f}_percent", round(ratio * today, 2))


def _solved(solver: Solver, notes: list[tuple[str, str]]) -> Iterator[Solved]:
    """Solve all questions; what only a scenario beside the main one cannot have is a note."""
    settings = solver.inputs.settings
    search = genetic_settings(settings)
    shorter = shorter_search(settings)
    asked = list(questions(settings)) + (list(_sweep(solver)) if SWEEP in settings.scenarios else [])
    for question in asked:
        try:
            yield solver.solve(question, search if question.scenario == FIXED_BUDGET else shorter)
        except (InfeasibleBudgetError, InputError) as error:
            if question.scenario == FIXED_BUDGET:
                raise
            notes.append(("warning", f"Scenario {question.scenario} has no plan: {error}"))


def _untracked(inputs: PlanInputs) -> list[tuple[str, str]]:
    return [
        (
            "warning",
            f"{row.touchpoint} in {row.market} has spend but no tracked touches: the network says nothing "
            "about it and the plan leaves its spend as it is",
        )
        for row in inputs.untracked.itertuples()
    ]


def _cautions(plans: pd.DataFrame) -> list[tuple[str, str]]:
    """Say what to be careful of in the main plan, and in which others; the table has their own words."""
    careful = plans[plans["caution"].notna()].set_index("scenario")["caution"]
    notes = [("warning", f"The plan: {careful[FIXED_BUDGET]}")] if FIXED_BUDGET in careful else []
    if others := [str(name) for name in careful.index if name != FIXED_BUDGET]:
        notes.append(("warning", f"Read budget_plans.caution of the scenarios {', '.join(others)}"))
    return notes
