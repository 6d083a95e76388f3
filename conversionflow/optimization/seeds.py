"""Plans to search from: today's, by rules of thumb, and exact ones for curves that can be summed."""

from dataclasses import dataclass

import numpy as np

from conversionflow.optimization.curve_table import CurveTable, TabulatedGoal
from conversionflow.optimization.exact import water_filling
from conversionflow.optimization.genetic_settings import GeneticSettings
from conversionflow.optimization.goals import Goal
from conversionflow.optimization.objective import Floats
from conversionflow.optimization.problem import BudgetProblem


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
    return problem.repair(np.vstack([today, elastic, greedy(marginals, problem), drawn])[:count])


def greedy(marginals: Floats, problem: BudgetProblem) -> Floats:
    """Return the plan inside the bounds, (n,), that spends most where marginals (n,) are largest."""
    order = np.argsort(-marginals, kind="stable")
    room = (problem.high - problem.low)[order]
    left = problem.total - problem.low.sum() - (np.cumsum(room) - room)
    plan = problem.low.copy()
    plan[order] += np.clip(left, 0.0, room)
    return plan


@dataclass(frozen=True, eq=False)
class ExactPlan:
    """The optimum for curves in a table.

    Attributes
    ----------
    plan : (n,) array
        Money.
    method : str
        How it was found, for people.
    concave : bool
        Whether curves and rules are such that no plan can be above the first-order bound.
    """

    plan: Floats
    method: str
    concave: bool


def exact_plan(goal: Goal, problem: BudgetProblem, settings: GeneticSettings) -> ExactPlan:
    """Return the optimum of a goal that is a sum of curves."""
    tabulated = TabulatedGoal.of(goal, problem, settings.curve_points)
    if tabulated is None:
        raise TypeError(f"{goal.name} is no sum of curves")
    return solved(tabulated.table, problem)


def solved(table: CurveTable, problem: BudgetProblem) -> ExactPlan:
    """Return the optimum of the table's curves."""
    plan = water_filling(table.marginals, problem.low, problem.high, problem.total)
    return ExactPlan(plan, "water-filling", concave=table.concave and not problem.rules.any)


def approximated(goal: Goal, problem: BudgetProblem, start: Floats, settings: GeneticSettings) -> Floats:
    """Return exact plans for sums of curves that stand in for a goal, (m, n), each around the last one.

    The curves are what the goal gains when one amount moves and the others stay as in the best plan so far;
    the next ones are taken around their optimum, until the goal itself is no better there.
    """
    best, value = start, float(goal.values(start[None])[0])
    plans: list[Floats] = []
    for _ in range(settings.approximations):
        table = CurveTable.around(goal, best, problem.low, problem.high, settings.approximation_points)
        plan = solved(table, problem).plan
        reached = float(goal.values(plan[None])[0])
        plans.append(plan)
        if reached <= value:
            break
        best, value = plan, reached
    return np.array(plans).reshape(-1, len(start))
