"""The best split of a budget when value and gradient are known exactly."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, minimize

from conversionflow.core.errors import InfeasibleBudgetError
from conversionflow.simulation.response import Array

STARTS = 8
"""Searches, each from another point: values are only nearly concave, since touchpoints multiply."""


def maximise(
    value: Callable[[Array], float],
    gradient: Callable[[Array], Array],
    low: Array,
    high: Array,
    total: float,
) -> Array:
    """Find the spend, (n,), of highest value under ``low <= spend <= high`` and ``sum(spend) = total``.

    Sequential least squares (Kraft 1988, DFVLR-FB 88-28) from several feasible starts, the best answer kept.

    Parameters
    ----------
    value, gradient : callable
        Of the spend, (n,), in money.
    low, high : array (n,)
        Bounds in money.
    total : float
        Money to be spent.

    Raises
    ------
    InfeasibleBudgetError
        If the bounds do not admit the total.
    """
    if total <= 0.0 or not low.sum() <= total <= high.sum():
        raise InfeasibleBudgetError(
            f"A total of {total:,.2f} lies outside the bounds, which add up to {low.sum():,.2f} and "
            f"{high.sum():,.2f}: change it or them."
        )
    return max((_search(value, gradient, low, high, start) for start in _starts(low, high, total)), key=value)


def _starts(low: Array, high: Array, total: float) -> list[Array]:
    """Choose feasible points: the proportional one, then random ones moved onto the total."""
    rng = np.random.default_rng(0)
    weights = [np.ones(len(low)), *rng.random((STARTS - 1, len(low)))]
    return [_onto_total(low + weight * (high - low), low, high, total) for weight in weights]


def _onto_total(spend: Array, low: Array, high: Array, total: float) -> Array:
    """Shrink towards a bound, all items by the same share, until the sum is the total."""
    bound = low if spend.sum() > total else high
    distance = float(spend.sum() - bound.sum())
    share = 0.0 if distance == 0.0 else (spend.sum() - total) / distance
    return spend + share * (bound - spend)


def _search(
    value: Callable[[Array], float], gradient: Callable[[Array], Array], low: Array, high: Array, start: Array
) -> Array:
    """Search locally over shares of the total, with the value scaled to 1, to be free of units."""
    total, scale = float(start.sum()), value(start)

    def loss(share: Array) -> float:
        return -value(np.clip(share * total, low, high)) / scale

    def slope(share: Array) -> Array:
        return -gradient(np.clip(share * total, low, high)) * total / scale

    found = minimize(
        loss,
        start / total,
        jac=slope,
        method="SLSQP",
        bounds=Bounds(low / total, high / total),
        constraints=LinearConstraint(np.ones((1, len(start))), 1.0, 1.0),
        options={"maxiter": 500, "ftol": 1e-13},
    )
    return _onto_total(np.clip(found.x * total, low, high), low, high, total)
