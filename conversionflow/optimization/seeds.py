"""Plans to search from: today's, by rules of thumb, and exact ones for curves that can be summed."""

from dataclasses import dataclass

import numpy as np

from conversionflow.core.errors import InfeasibleBudgetError
from conversionflow.optimization.curve_table import CurveTable, TabulatedGoal
from conversionflow.optimization.dynamic_programming import dynamic_programming
from conversionflow.optimization.exact import first_order_gap, steepest_first
from conversionflow.optimization.genetic_settings import GeneticSettings
from conversionflow.optimization.goals import Goal
from conversionflow.optimization.mixed_integer import mixed_integer
from conversionflow.optimization.objective import Floats
from conversionflow.optimization.problem import BudgetProblem
from conversionflow.optimization.water_filling import water_filling

GRID_ROUNDING = 1e-9
"""Share of a step of money by which a range may miss a whole number of them."""


def searchable(goal: Goal, problem: BudgetProblem, settings: GeneticSettings) -> Goal:
    """Return the goal in the form that a search asks thousands of times.

    Sums of curves are taken from a table made of all draws, others are taken on some of their draws.
    """
    tabulated = TabulatedGoal.of(goal, problem, settings.curve_points)
    return goal.thin(settings.search_draws) if tabulated is None else tabulated


def starting_plans(goal: Goal, problem: BudgetProblem, count: int, seed: int) -> Floats:
    """Return feasible plans to start from, (count, n): today's, two rules of thumb, then random ones.

    Spend in proportion to ``spend x marginal`` is where marginals are equal if conversions rise with the
    logarithm of spend (Dorfman & Steiner, 1954, *American Economic Review* 44: 826-836). The greedy plan
    fills the touchpoints of today's steepest marginals first.
    """
    today = problem.repair(problem.current[None])[0]
    _, marginals = goal.value_and_gradient(today)
    worth = today * np.maximum(marginals, 0.0)
    elastic = problem.total * worth / worth.sum() if worth.sum() > 0 else today
    drawn = np.random.default_rng(seed).uniform(problem.low, problem.high, size=(count, len(today)))
    return problem.repair(np.vstack([today, elastic, steepest_first(marginals, problem), drawn])[:count])


@dataclass(frozen=True, eq=False)
class ExactPlan:
    """The optimum for a sum of curves.

    Attributes
    ----------
    plan : (n,) array
        Money.
    method : str
        How it was found and what it proves, for people.
    slack : float
        What the method could not rule out that another plan has more.
    proved : bool
        Whether all that is said holds for the curves themselves, not for them on a grid.
    """

    plan: Floats
    method: str
    slack: float
    proved: bool


def exact_plan(goal: Goal, problem: BudgetProblem, settings: GeneticSettings) -> ExactPlan | None:
    """Return the optimum of a goal that is a sum of curves.

    Water-filling where the curves are concave and nothing but bounds holds money back, dynamic programming
    on a grid of money where they are not, a mixed-integer programme of curves in straight pieces where there
    are rules.

    Returns
    -------
    ExactPlan or None
        None where the goal is no sum of curves, or the mixed-integer search found no plan in time.
    """
    curves = goal.curves
    if curves is None:
        return None
    table = CurveTable.of_curves(curves, problem.low, problem.high, settings.curve_points)
    if table.concave and not problem.rules.any:
        plan = water_filling(
            lambda spend: curves(np.atleast_2d(spend))[1].reshape(spend.shape),
            problem.low,
            problem.high,
            problem.total,
        )
        slack = first_order_gap(curves(plan[None])[1][0], plan, problem)
        method = "water-filling: the curves are concave, so no plan is above the first-order bound"
        return ExactPlan(plan, method, slack, proved=True)
    return solved(table, problem, settings)


def solved(table: CurveTable, problem: BudgetProblem, settings: GeneticSettings) -> ExactPlan | None:
    """Return the optimum of the curves of a table, on a grid."""
    if problem.rules.any:
        return _in_straight_pieces(table, problem, settings.rule_points)
    room = problem.total - problem.low.sum()
    step = room / settings.money_steps
    if step <= 0:
        return None
    # nothing can rise by more than what the minimums leave
    high = np.minimum(problem.high, problem.low + room)
    levels = int(np.ceil((high - problem.low).max() / step - GRID_ROUNDING)) + 1
    spend = problem.low + step * np.arange(levels)[:, None]
    optimum = dynamic_programming(
        np.ascontiguousarray(table.by_touchpoint(spend).T), step, problem.low, high, problem.total
    )
    method = f"dynamic programming on steps of {step:,.2f}, polished; between steps no proof"
    return ExactPlan(optimum.plan, method, 0.0, proved=False)


def _in_straight_pieces(table: CurveTable, problem: BudgetProblem, points: int) -> ExactPlan | None:
    """Return the optimum under rules of the curves as straight lines between ``points`` amounts."""
    spend = table.low + (table.high - table.low) * np.linspace(0.0, 1.0, points)[:, None]
    curves = np.ascontiguousarray(spend.T), np.ascontiguousarray(table.by_touchpoint(spend).T)
    try:
        optimum = mixed_integer(curves, problem)
    except InfeasibleBudgetError:
        return None
    slack = 0.0 if optimum.bound is None else optimum.bound - optimum.value
    method = f"mixed-integer optimum of the curves in {points - 1} straight pieces, polished"
    return ExactPlan(optimum.plan, method, slack, proved=False)


def approximated(goal: Goal, problem: BudgetProblem, start: Floats, settings: GeneticSettings) -> Floats:
    """Return exact plans for sums of curves that stand in for a goal, (m, n), each around the last one.

    The curves are what the goal gains when one amount moves and the others stay as in the best plan so far;
    the next ones are taken around their optimum, until the goal itself is no better there.
    """
    best, value = start, float(goal.values(start[None])[0])
    plans: list[Floats] = []
    for _ in range(settings.approximations):
        table = CurveTable.around(goal, best, problem.low, problem.high, settings.approximation_points)
        answer = solved(table, problem, settings)
        if answer is None:
            break
        plan = answer.plan
        reached = float(goal.values(plan[None])[0])
        plans.append(plan)
        if reached <= value:
            break
        best, value = plan, reached
    return np.array(plans).reshape(-1, len(start))
