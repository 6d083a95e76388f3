"""Money in whole cents: bounds and plans that are exact when they are published."""

import numpy as np

from conversionflow.optimization.objective import Floats, Integers
from conversionflow.optimization.projection import project

CENTS = 100
"""Cents in a unit of money."""

CENT_DECIMALS = 4
"""Decimals of a cent that count: less is float noise of amounts such as 0.1 + 0.2."""


def cent_bounds(low: Floats, high: Floats, total: float) -> tuple[Integers, Integers, int]:
    """Return bounds and budget in whole cents.

    Bounds are rounded inward. Where that would leave no plan (amounts fixed, or minimums that take up the
    budget, at fractions of a cent), they are rounded outward: a bound then gives way by less than one cent.
    """
    budget = round(total * CENTS)
    least = np.round(low * CENTS, CENT_DECIMALS)
    most = np.round(high * CENTS, CENT_DECIMALS)
    inner, outer = np.ceil(least), np.floor(most)
    no_cent_between = inner > outer
    inner = np.where(no_cent_between, np.floor(least), inner)
    outer = np.where(no_cent_between, np.ceil(most), outer)
    if inner.sum() > budget:
        inner = np.floor(least)
    if outer.sum() < budget:
        outer = np.ceil(most)
    return inner.astype(np.int64), outer.astype(np.int64), budget


def to_cents(plan: Floats, low: Floats, high: Floats, total: float) -> Integers:
    """Round a plan to whole cents that add up to the budget exactly and keep every bound.

    The plan is projected onto the bounds in cents, cut to whole cents, and the cents still missing go to
    the largest remainders (Hamilton's method). A remainder above 0 always has room for its cent, as the
    bounds are whole.

    Parameters
    ----------
    plan, low, high : (n,) arrays
        Money; ``total`` likewise.

    Returns
    -------
    (n,) integer array
        Cents, in sum ``round(100 * total)``.

    Raises
    ------
    InfeasibleBudgetError
        If the budget is outside the sums of the bounds.
    """
    least, most, budget = cent_bounds(low, high, total)
    exact = project((plan * CENTS)[None], least.astype(np.float64), most.astype(np.float64), float(budget))[0]
    cents: Integers = np.floor(exact).astype(np.int64)
    remainder = np.where(cents < most, exact - cents, -1.0)
    missing = budget - int(cents.sum())
    cents[np.argsort(-remainder, kind="stable")[:missing]] += 1
    return cents
