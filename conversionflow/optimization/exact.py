"""What exact solvers return, and the bound that marginals alone give."""

from dataclasses import dataclass

import numpy as np

from conversionflow.optimization.objective import Floats
from conversionflow.optimization.problem import BudgetProblem


@dataclass(frozen=True, eq=False)
class Optimum:
    """A plan, (n,) money, its value, and a proven upper bound of any plan's value (None: none proven)."""

    plan: Floats
    value: float
    bound: float | None = None


def first_order_gap(gradient: Floats, plan: Floats, problem: BudgetProblem) -> float:
    """Conversions that the best feasible change of a plan would add if its marginals stayed as they are.

    0 at a local optimum; for a concave response no plan can be better by more (Frank & Wolfe, 1956, *Naval
    Research Logistics* 3: 95-110).

    Parameters
    ----------
    gradient : (n,) array
        Marginal conversions per unit of money at the plan.
    plan : (n,) array
        A feasible plan, money.
    """
    return max(0.0, float(gradient @ (steepest_first(gradient, problem) - plan)))


def steepest_first(gradient: Floats, problem: BudgetProblem) -> Floats:
    """Return the plan inside the bounds, (n,) money, that spends most where marginals (n,) are largest."""
    order = np.argsort(-gradient, kind="stable")
    room = (problem.high - problem.low)[order]
    before = np.cumsum(room) - room
    plan = problem.low.copy()
    plan[order] += np.clip(problem.total - problem.low.sum() - before, 0.0, room)
    return plan
