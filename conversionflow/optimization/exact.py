"""Exact and gradient answers beside the genetic algorithm: its seeds, its reference, its tests."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from conversionflow.optimization.objective import Floats
from conversionflow.optimization.problem import BudgetProblem
from conversionflow.optimization.projection import ROUNDING, project

PRICES = 16
"""Prices tried at once when the bracket of the dual price is narrowed."""

HALVINGS = 60
"""Halvings of an amount's range: below the rounding of float64."""


@dataclass(frozen=True, eq=False)
class Optimum:
    """A plan, (n,) money, its value, and a proven upper bound of what any plan can reach (None: none proven)."""

    plan: Floats
    value: float
    bound: float | None = None


def water_filling(marginals: Callable[[Floats], Floats], low: Floats, high: Floats, total: float) -> Floats:
    """Return the exact optimum for separable concave responses: equal marginals wherever money can move.

    The dual price is bracketed and narrowed; at each price an amount is where its marginal crosses it. A
    flat marginal makes the amounts jump at its price: every split between the two sides is optimal, so the
    last step interpolates to the budget (Boyd & Vandenberghe, *Convex Optimization*, 2004, example 5.2).

    Parameters
    ----------
    marginals : callable
        Marginal conversions at spends (..., n), elementwise, not rising in the spend; infinite at 0 is
        allowed.
    low, high : (n,) arrays
        Bounds, money.
    total : float
        Budget, money.

    Returns
    -------
    (n,) array
        The optimum; its sum is the budget up to float rounding.

    Raises
    ------
    InfeasibleBudgetError
        If the budget is outside the sums of the bounds.
    """
    least: Floats = project(low[None], low, high, total)[0]
    if least.sum() - low.sum() <= ROUNDING * total:
        return least
    cheap = float(marginals(high).min())
    dear = float(marginals((low + high) / 2).max())
    while _demand(marginals, np.array([dear]), low, high).sum() > total:
        dear += 2 * abs(dear) + np.finfo(float).tiny
    return _between_prices(marginals, low, high, total, min(cheap, dear), dear)


def _between_prices(
    marginals: Callable[[Floats], Floats], low: Floats, high: Floats, total: float, cheap: float, dear: float
) -> Floats:
    """Narrow the prices between which demand falls past the budget, and split what lies between them."""
    while True:
        prices = np.linspace(cheap, dear, PRICES + 2)
        demand = _demand(marginals, prices, low, high)
        spent = demand.sum(axis=1)
        last = int(np.clip((spent >= total).sum() - 1, 0, PRICES))
        between = spent[last] - spent[last + 1]
        if between <= ROUNDING * total or prices[last + 1] - prices[last] >= dear - cheap:
            break
        cheap, dear = prices[last], prices[last + 1]
    share = np.clip((total - spent[last + 1]) / between, 0.0, 1.0) if between > 0 else 0.0
    split = project((demand[last + 1] + share * (demand[last] - demand[last + 1]))[None], low, high, total)
    return np.asarray(split[0])


def _demand(marginals: Callable[[Floats], Floats], prices: Floats, low: Floats, high: Floats) -> Floats:
    """Largest amounts whose marginal is still worth the price, by bisection, (prices, n)."""
    worth = np.broadcast_to(low, (len(prices), len(low)))
    above = np.broadcast_to(high, worth.shape)
    for _ in range(HALVINGS):
        middle = (worth + above) / 2
        enough = marginals(middle) >= prices[:, None]
        worth, above = np.where(enough, middle, worth), np.where(enough, above, middle)
    return np.where(marginals(np.broadcast_to(high, worth.shape)) >= prices[:, None], high, worth)


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
