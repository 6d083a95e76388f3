"""Gradient steps from a plan to the local optimum beside it, under the same on, off and step choices."""

import numpy as np

from conversionflow.optimization.exact import Optimum
from conversionflow.optimization.goals import Goal
from conversionflow.optimization.objective import Floats
from conversionflow.optimization.problem import BudgetProblem
from conversionflow.optimization.slsqp_routine import Linear, least_squares

SLSQP_TOLERANCE = 1e-12
"""Change of the goal that ends a run, as a share of the largest gain in sight at its start."""

SLSQP_ITERATIONS = 200


def slsqp(goal: Goal, problem: BudgetProblem, starts: Floats) -> Optimum:
    """Return the best local optimum by sequential least squares from several plans.

    Kraft (1988), DFVLR-FB 88-28, as in `scipy.optimize`, with the exact gradient. Each run stays in the
    convex set of plans with its start's choices (`BudgetProblem.convex_piece`). Amounts are scaled to their
    ranges and the goal to the largest gain in sight, so the currency does not matter. A start that its run
    does not improve counts itself, so the result is never below any start.

    Parameters
    ----------
    goal : Goal
        What is maximised.
    problem : BudgetProblem
        Bounds, rules and budget.
    starts : (m, n) array
        Starting plans, repaired first.
    """
    optima = [optimum for start in problem.repair(starts) for optimum in _climb(goal, problem, start)]
    return max(optima, key=lambda optimum: optimum.value)


def _climb(goal: Goal, problem: BudgetProblem, start: Floats) -> list[Optimum]:
    """Return the start and what one SLSQP run makes of it."""
    value, gradient = goal.value_and_gradient(start)
    begun = Optimum(start, value)
    piece = problem.convex_piece(start)
    width = piece.high - piece.low
    free = np.flatnonzero(width > 0)
    gain = float(np.abs(gradient * width)[free].max(initial=0.0))
    if len(free) < 2 or not 0 < gain < np.inf:
        return [begun]

    def plan(shares: Floats) -> Floats:
        amounts = start.copy()
        amounts[free] = piece.low[free] + width[free] * np.clip(shares, 0.0, 1.0)
        return amounts

    def loss(shares: Floats) -> tuple[float, Floats]:
        reached, slope = goal.value_and_gradient(plan(shares))
        return (value - reached) / gain, -(slope * width)[free] / gain

    rows = np.vstack([np.ones(len(start)), piece.matrix])
    least, most = (np.append(start.sum(), side) for side in (piece.least, piece.most))
    fixed = rows @ plan(np.zeros(len(free)))
    scale = np.abs(rows * width).max(axis=1)
    rows, least, most, fixed, scale = (part[scale > 0] for part in (rows, least, most, fixed, scale))
    weights = (rows * width)[:, free] / scale[:, None]
    least, most = (least - fixed) / scale, (most - fixed) / scale
    begin = np.clip((start - piece.low)[free] / width[free], 0.0, 1.0)
    zero, not_negative = _constraints(weights, least, most)
    shares = least_squares(loss, begin, zero, not_negative, SLSQP_TOLERANCE, SLSQP_ITERATIONS)
    end = problem.repair(plan(shares)[None])[0]
    return [begun, Optimum(end, goal.value_and_gradient(end)[0])]


def _constraints(weights: Floats, least: Floats, most: Floats) -> tuple[Linear, Linear]:
    """Return ``least <= weights @ x <= most`` as SLSQP has it: what is to be 0, and what not below 0."""
    equal, above, below = least == most, least < most, most < np.inf
    signed = np.vstack([weights[above & (least > -np.inf)], -weights[above & below]])
    bound = np.concatenate([least[above & (least > -np.inf)], -most[above & below]])
    return Linear(weights[equal], least[equal]), Linear(signed, bound)
