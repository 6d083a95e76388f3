"""Euclidean projection onto the plans that spend a budget exactly inside their bounds."""

import numpy as np

from conversionflow.core.errors import InfeasibleBudgetError
from conversionflow.optimization.objective import Floats

ROUNDING = 1e-12
"""Relative rounding allowed in sums of money held as floats."""


def project(plans: Floats, low: Floats, high: Floats, total: float) -> Floats:
    """Return the nearest plans in ``{sum = total, low <= plan <= high}``.

    The nearest point is ``clip(plan + shift, low, high)`` with one shift per plan. The sum is piecewise
    linear and rising in the shift, so the shift is read off between its sorted breakpoints: exact, in O(n
    log n) (Helgason, Kennington & Lall, 1980, *Mathematical Programming* 18: 338-343).

    Parameters
    ----------
    plans : (B, n) array
        Any finite amounts of money.
    low, high : (n,) arrays
        Finite bounds, low <= high.
    total : float
        The budget.

    Returns
    -------
    (B, n) array
        Within the bounds without exception; the sum is ``total`` up to float rounding.

    Raises
    ------
    InfeasibleBudgetError
        If the budget is outside the sums of the bounds.
    """
    lowest, highest = float(low.sum()), float(high.sum())
    slack = ROUNDING * max(abs(lowest), abs(highest), abs(total))
    if not lowest - slack <= total <= highest + slack:
        raise InfeasibleBudgetError(
            f"No plan can spend {total:,.2f}: the bounds allow from {lowest:,.2f} to {highest:,.2f}."
        )
    rows, size = plans.shape
    breakpoints = np.concatenate([low - plans, high - plans], axis=1)
    order = np.argsort(breakpoints, axis=1)
    shifts = np.take_along_axis(breakpoints, order, axis=1)
    free = np.cumsum(np.where(order < size, 1.0, -1.0), axis=1)[:, :-1]
    rises = np.cumsum(free * np.diff(shifts, axis=1), axis=1)
    sums = lowest + np.concatenate([np.zeros((rows, 1)), rises], axis=1)
    left = np.clip((sums < total).sum(axis=1) - 1, 0, 2 * size - 2)
    row = np.arange(rows)
    shift = shifts[row, left] + (total - sums[row, left]) / np.maximum(free[row, left], 1.0)
    return _spend_remainder(np.clip(plans + shift[:, None], low, high), low, high, total)


def _spend_remainder(plans: Floats, low: Floats, high: Floats, total: float) -> Floats:
    """Remove what rounding left of the budget, in proportion to the room each amount has."""
    missing = total - plans.sum(axis=1, keepdims=True)
    room = np.where(missing > 0, high - plans, plans - low)
    space = room.sum(axis=1, keepdims=True)
    share = np.divide(np.abs(missing), space, out=np.zeros_like(space), where=space > 0)
    spent: Floats = np.clip(plans + np.sign(missing) * room * np.minimum(share, 1.0), low, high)
    return spent
