"""Separable responses of any shape, exact on a grid of money."""

import numpy as np

from conversionflow.core.errors import InfeasibleBudgetError
from conversionflow.optimization.exact import Optimum
from conversionflow.optimization.objective import Floats, Integers


def dynamic_programming(values: Floats, step: float, low: Floats, high: Floats, total: float) -> Optimum:
    """Return the best plan whose amounts are whole steps above their minimums, and a bound for all plans.

    The best value of each sum is built up touchpoint by touchpoint (Bellman, 1957, *Dynamic Programming*).
    Less than one step remains of the budget; it goes where there is room and changes no value here.

    A plan between the grid's amounts, each rounded up, costs less than n steps more. So where values do not
    fall in spend, the best value with n - 1 more steps to spend bounds what any plan can reach.

    Parameters
    ----------
    values : (n, L) array
        Value of each touchpoint at ``low + step * (0, 1, ..., L - 1)``; the first above its maximum
        counts for the bound only, the others not at all. ``-inf`` forbids an amount.
    step : float
        Money between two amounts.
    low, high : (n,) arrays
        Bounds, money.
    total : float
        Budget, money.

    Returns
    -------
    Optimum
        ``value`` is of the grid's amounts; ``bound`` of any plan, None where a touchpoint's values fall.

    Raises
    ------
    InfeasibleBudgetError
        If the budget is outside the sums of the bounds, or its steps cannot be spent on the grid.
    """
    spare = total - low.sum()
    most = np.floor((high - low) / step + 1e-9).astype(np.int64)
    reach = np.ceil((high - low) / step - 1e-9).astype(np.int64)
    if spare < -1e-9 * total or high.sum() < total * (1 - 1e-9):
        raise InfeasibleBudgetError(
            f"No plan can spend {total:,.2f}: the bounds allow from {low.sum():,.2f} to {high.sum():,.2f}."
        )
    if values.shape[1] <= reach.max():
        raise ValueError(f"values has {values.shape[1]} levels and the widest bounds need {reach.max() + 1}")
    steps = min(int(np.floor(spare / step + 1e-9)), int(most.sum()))
    best, taken = _best_sums(values, most, steps)
    if not np.isfinite(best[steps]):
        raise InfeasibleBudgetError(f"No plan on a grid of {step:,.2f} spends {total:,.2f} within the rules.")
    levels = _levels(taken, steps)
    plan = _spend_rest(low + step * levels, high, total)
    return Optimum(plan, float(best[steps]), _bound(values, reach, spare / step))


def _best_sums(values: Floats, most: Integers, steps: int) -> tuple[Floats, Integers]:
    """Return the best value of spending 0 to ``steps`` steps, and what each touchpoint then takes."""
    best = np.full(steps + 1, -np.inf)
    best[0] = 0.0
    taken = np.zeros((len(values), steps + 1), dtype=np.int64)
    for row, worth in enumerate(values):
        reached = np.full(steps + 1, -np.inf)
        for level in range(min(int(most[row]), steps) + 1):
            candidate = best[: steps + 1 - level] + worth[level]
            better = candidate > reached[level:]
            reached[level:][better] = candidate[better]
            taken[row, level:][better] = level
        best = reached
    return best, taken


def _levels(taken: Integers, steps: int) -> Integers:
    """Return the steps of each touchpoint in the best plan that spends ``steps``."""
    levels = np.zeros(len(taken), dtype=np.int64)
    for row in range(len(taken) - 1, -1, -1):
        levels[row] = taken[row, steps]
        steps -= int(levels[row])
    return levels


def _spend_rest(plan: Floats, high: Floats, total: float) -> Floats:
    """Put what is left of the budget where there is room, the most room first."""
    rest, spent = total - plan.sum(), plan.copy()
    for column in np.argsort(plan - high, kind="stable"):
        added = min(rest, high[column] - spent[column])
        spent[column] += added
        rest -= added
    return spent


def _bound(values: Floats, reach: Integers, steps: float) -> float | None:
    """Return the best value with n - 1 steps more, all but the last whole; None where values fall."""
    for row, worth in enumerate(values):
        if not (np.diff(worth[: reach[row] + 1]) >= 0).all():
            return None
    enough = min(int(np.ceil(steps - 1e-9)) + len(values) - 1, int(reach.sum()))
    best, _ = _best_sums(values, reach, enough)
    return float(best.max())
