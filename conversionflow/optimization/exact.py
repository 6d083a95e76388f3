"""Exact and gradient answers beside the genetic algorithm: its seeds, its reference, its tests."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import LinearConstraint, minimize

from conversionflow.optimization.objective import Floats, Objective
from conversionflow.optimization.problem import BudgetProblem
from conversionflow.optimization.projection import project

SLSQP_TOLERANCE = 1e-12
"""Change of the objective that ends a run, as a share of the largest gain in sight at its start."""

SLSQP_ITERATIONS = 200


@dataclass(frozen=True, eq=False)
class Optimum:
    """A plan, (n,) money, its value, and a proven upper bound of any plan's value (None: none proven)."""

    plan: Floats
    value: float
    bound: float | None = None


def slsqp(objective: Objective, problem: BudgetProblem, starts: Floats) -> Optimum:
    """Return the best local optimum by sequential least squares from several plans.

    Kraft (1988), DFVLR-FB 88-28, as in `scipy.optimize`, with the exact gradient. Amounts are scaled to
    their ranges and the objective to the largest gain in sight, so the currency does not matter. A start
    that its run does not improve counts itself, so the result is never below any start.

    Parameters
    ----------
    objective : Objective
        The response; its mean over draws is maximised.
    problem : BudgetProblem
        Bounds and budget.
    starts : (m, n) array
        Starting plans, projected first.
    """
    begun = project(starts, problem.low, problem.high, problem.total)
    optima = [optimum for start in begun for optimum in _climb(objective, problem, start)]
    return max(optima, key=lambda optimum: optimum.value)


def _climb(objective: Objective, problem: BudgetProblem, start: Floats) -> list[Optimum]:
    """Return the start and what one SLSQP run makes of it."""
    value, gradient = objective.mean_and_gradient(start)
    begun = Optimum(start, value)
    width = problem.high - problem.low
    free = np.flatnonzero(width > 0)
    gain = float(np.abs(gradient * width).max())
    if len(free) < 2 or not 0 < gain < np.inf:
        return [begun]

    def plan(shares: Floats) -> Floats:
        amounts = start.copy()
        amounts[free] = problem.low[free] + width[free] * np.clip(shares, 0.0, 1.0)
        return amounts

    def loss(shares: Floats) -> tuple[float, Floats]:
        reached, slope = objective.mean_and_gradient(plan(shares))
        return (value - reached) / gain, -(slope * width)[free] / gain

    weight = width[free] / width[free].max()
    shares = np.clip((start - problem.low)[free] / width[free], 0.0, 1.0)
    spent = float(weight @ shares)
    result = minimize(
        loss,
        shares,
        jac=True,
        method="SLSQP",
        bounds=[(0.0, 1.0)] * len(free),
        constraints=LinearConstraint(weight[None], spent, spent),
        options={"ftol": SLSQP_TOLERANCE, "maxiter": SLSQP_ITERATIONS},
    )
    end = project(plan(result.x)[None], problem.low, problem.high, problem.total)[0]
    return [begun, Optimum(end, objective.mean_and_gradient(end)[0])]


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
    order = np.argsort(-gradient, kind="stable")
    room = (problem.high - problem.low)[order]
    before = np.cumsum(room) - room
    best = problem.low[order] + np.clip(problem.total - problem.low.sum() - before, 0.0, room)
    return max(0.0, float(gradient[order] @ (best - plan[order])))
