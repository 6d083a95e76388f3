"""From a response and a problem to a published plan with its uncertainty."""

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from conversionflow.core.errors import InputError
from conversionflow.optimization.binding import binding_rules
from conversionflow.optimization.exact import first_order_gap
from conversionflow.optimization.genetic import Observer, SearchState
from conversionflow.optimization.genetic_settings import GeneticSettings
from conversionflow.optimization.goals import MATERIAL_GAIN, ExpectedConversions, Goal
from conversionflow.optimization.money import CENTS
from conversionflow.optimization.objective import Floats, Objective
from conversionflow.optimization.problem import BudgetProblem
from conversionflow.optimization.search import find_plan


@dataclass(frozen=True)
class PlanFigures:
    """A plan against today's, per period: posterior means, and central intervals at the credible mass."""

    conversions_current: float
    conversions_current_low: float
    conversions_current_high: float
    conversions_recommended: float
    conversions_recommended_low: float
    conversions_recommended_high: float
    uplift: float
    uplift_low: float
    uplift_high: float
    probability_better: float


@dataclass(frozen=True, eq=False)
class Plan:
    """A recommended plan.

    Attributes
    ----------
    allocation : DataFrame
        One row per ``market`` and ``touchpoint``: ``current_spend``, ``recommended_spend``, ``min_spend``,
        ``max_spend`` (money per period, whole cents), ``marginal_conversions`` (per unit of money, at the
        recommended plan), ``binding_rule`` (see the function).
    summary : DataFrame
        One row: ``total_budget``, ``objective`` (the goal's name), ``goal_current``, ``goal_recommended``
        (its values), the figures of `PlanFigures`, ``optimality_gap`` (share of the reference's lift in the
        goal that the plan misses), ``optimality_reference``, ``first_order_gap`` (of the goal, see the
        function), ``budget_residual`` (money), ``feasible``.
    history : DataFrame
        One row per ``generation``: ``best``, ``mean``, ``worst``, ``diversity``.
    """

    allocation: pd.DataFrame
    summary: pd.DataFrame
    history: pd.DataFrame


def optimise(
    objective: Objective,
    problem: BudgetProblem,
    settings: GeneticSettings,
    credible_mass: float = 0.90,
    *,
    goal: Goal | None = None,
    observer: Observer | None = None,
    resumed: SearchState | None = None,
) -> Plan:
    """Search the plan that serves a goal best and report it beside today's.

    `find_plan` searches; the plan is rounded to cents and compared with today's, which stays where nothing is
    better. All figures are on all draws.

    Parameters
    ----------
    objective : Objective
        The response; its ``keys`` must be the problem's.
    problem : BudgetProblem
        Today's plan, bounds, rules, budget.
    settings : GeneticSettings
        Constants and the seed.
    credible_mass : float
        Mass of the intervals, between 0 and 1.
    goal : Goal, optional
        What is maximised; expected conversions where it is not given.
    observer : callable, optional
        Called with the state of the search after every generation.
    resumed : SearchState, optional
        Go on from a state of the same search; the plan is the one of a search never stopped.

    Raises
    ------
    InputError
        If response, goal and problem do not have the same touchpoints in the same order, or the response
        gives a value that is not finite.
    """
    goal = ExpectedConversions(objective) if goal is None else goal
    for keys in (objective.keys, goal.keys):
        if keys != problem.keys:
            raise InputError(
                f"The response is of {keys} and the budget of {problem.keys}; "
                "give both the same markets and touchpoints in the same order."
            )
    found = find_plan(goal, problem, settings, observer=observer, resumed=resumed)
    spend = _recommended(goal, problem, found.plan)
    _, marginals = objective.mean_and_gradient(spend)
    residual = round(spend.sum() * CENTS) - round(problem.total * CENTS)
    inside = bool(((problem.low <= spend) & (spend <= problem.high)).all())
    base, before, then = goal.values(np.stack([found.today, problem.current, spend])).tolist()
    summary = {
        "total_budget": problem.total,
        "objective": goal.name,
        "goal_current": before,
        "goal_recommended": then,
        **asdict(evaluate_plan(objective, problem.current, spend, credible_mass)),
        "optimality_gap": _missed_share(base, then, found.bound),
        "optimality_reference": found.reference,
        "first_order_gap": first_order_gap(goal.value_and_gradient(spend)[1], spend, problem),
        "budget_residual": residual / CENTS,
        "feasible": inside and residual == 0,
    }
    return Plan(_allocation(problem, spend, marginals), pd.DataFrame([summary]), found.history)


def evaluate_plan(
    objective: Objective, current: Floats, recommended: Floats, credible_mass: float
) -> PlanFigures:
    """Compare two plans, (n,) money, draw by draw.

    ``probability_better`` is the share of draws on which the recommended plan brings strictly more
    conversions: 0 where it is today's plan.
    """
    draws = objective.conversions(np.stack([current, recommended]))
    today, then = draws[:, 0], draws[:, 1]
    uplift = then - today
    tails = [(1 - credible_mass) / 2, (1 + credible_mass) / 2]
    (today_low, today_high), (then_low, then_high), (low, high) = (
        np.quantile(sample, tails).tolist() for sample in (today, then, uplift)
    )
    return PlanFigures(
        conversions_current=float(today.mean()),
        conversions_current_low=today_low,
        conversions_current_high=today_high,
        conversions_recommended=float(then.mean()),
        conversions_recommended_low=then_low,
        conversions_recommended_high=then_high,
        uplift=float(uplift.mean()),
        uplift_low=low,
        uplift_high=high,
        probability_better=float((uplift > 0).mean()),
    )


def _recommended(goal: Goal, problem: BudgetProblem, plan: Floats) -> Floats:
    """Return the plan in cents, or today's where that is allowed and as good."""
    spend = problem.rounded(plan)
    today, then = goal.values(np.stack([problem.current, spend]))
    no_gain = then - today <= MATERIAL_GAIN * abs(today)
    return problem.current if problem.allows_current and no_gain else spend


def _missed_share(base: float, value: float, bound: float) -> float:
    """Share of the lift from base to bound that a value misses, >= 0."""
    lift = bound - base
    return max(0.0, (bound - value) / lift) if lift > MATERIAL_GAIN * abs(base) else 0.0


def _allocation(problem: BudgetProblem, spend: Floats, marginals: Floats) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "market": [market for market, _ in problem.keys],
            "touchpoint": [touchpoint for _, touchpoint in problem.keys],
            "current_spend": problem.current,
            "recommended_spend": spend,
            "min_spend": problem.low,
            "max_spend": problem.high,
            "marginal_conversions": marginals,
            "binding_rule": binding_rules(problem, spend),
        }
    )
