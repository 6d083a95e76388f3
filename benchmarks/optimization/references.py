"""What a plan is measured against: bounds that hold for every plan, and exact answers on fine grids."""

import numpy as np
from numpy.typing import NDArray

from benchmarks.optimization.instances import HillCurves
from conversionflow.optimization import (
    BudgetProblem,
    ExpectedConversions,
    dynamic_programming,
    first_order_gap,
    mixed_integer,
    moved_share,
    slsqp,
    water_filling,
)

Floats = NDArray[np.float64]

MONEY_STEPS = 10_000
PIECES = 128
PRICES = 80


def value(response: HillCurves, plan: Floats) -> float:
    """Return the mean conversions of a plan."""
    return float(response.conversions(plan[None]).mean())


def concave_bound(response: HillCurves, problem: BudgetProblem, plan: Floats) -> float:
    """Return what no plan can exceed, from the marginals at a feasible plan of concave curves."""
    reached, marginals = response.mean_and_gradient(plan)
    return reached + first_order_gap(marginals, plan, problem)


def on_a_grid(response: HillCurves, problem: BudgetProblem) -> float:
    """Return the value of the best plan in fine steps of money, whatever the curves' shape, polished.

    Touchpoints whose maximum is no whole number of steps cannot reach it on the grid, so the polish counts.
    """
    step = (problem.total - problem.low.sum()) / MONEY_STEPS
    levels = int(np.ceil((problem.high - problem.low).max() / step)) + 1
    spend = problem.low + step * np.arange(levels)[:, None]
    values = np.ascontiguousarray(response.curves(spend)[0].T)
    best = dynamic_programming(values, step, problem.low, problem.high, problem.total)
    return slsqp(ExpectedConversions(response), problem, best.plan[None]).value


def under_rules(response: HillCurves, problem: BudgetProblem) -> float:
    """Return the mixed-integer optimum of the curves in fine straight pieces, and what it cannot rule out."""
    spend = problem.low + (problem.high - problem.low) * np.linspace(0.0, 1.0, PIECES + 1)[:, None]
    curves = np.ascontiguousarray(spend.T), np.ascontiguousarray(response.curves(spend)[0].T)
    best = mixed_integer(curves, problem)
    return value(response, best.plan) + (0.0 if best.bound is None else best.bound - best.value)


def area_under_front(response: HillCurves, problem: BudgetProblem, farthest: float) -> float:
    """Return the area that conversions against money moved can dominate, of concave curves.

    Above today's conversions and up to the share ``farthest`` moved. Each price on moved money gives a line
    that no plan exceeds; the area is under all of them, so it is at least the exact one.
    """
    today, size = problem.current, len(problem.keys)
    _, slopes = response.mean_and_gradient(today)
    moved = np.linspace(0.0, farthest, 4000)
    lines = []
    for price in np.append(np.geomspace(1e-4, 1.0, PRICES) * np.ptp(slopes), 0.0):
        apart = np.repeat([price, 0.0], size)

        def marginals(amounts: Floats, apart: Floats = apart) -> Floats:
            rows = amounts.reshape(-1, size)
            return response.curves(rows)[1].reshape(amounts.shape) + apart

        low, high = np.append(problem.low, today), np.append(today, problem.high)
        parts = water_filling(marginals, low, high, problem.total + float(today.sum()))
        plan = parts[:size] + parts[size:] - today
        slope = price * problem.total
        cost = slope * float(moved_share(plan, today, problem.total))
        lines.append(value(response, plan) - cost + slope * moved)
    return float(np.trapezoid(np.min(lines, axis=0) - value(response, today), moved))
