"""Plans in whole cents that keep the budget and all rules exactly."""

import numpy as np

from conversionflow.core.errors import InfeasibleBudgetError
from conversionflow.optimization.money import CENT_DECIMALS, CENTS, to_cents
from conversionflow.optimization.objective import Floats, Integers
from conversionflow.optimization.projection_kernel import Rows
from conversionflow.optimization.repair_kernel import Choices, repair_choices

WINDOW = 3
"""Cents that an amount may move from its exact value where the nearest cents break a rule."""

BREAK_COST = 1e4
"""Cents of movement that breaking a rule by one cent is worth: rules give way last."""


def rule_cents(low: float, high: float) -> tuple[float, float]:
    """Return bounds of a sum, money, inward to whole cents, or outward where no cent lies between."""
    least, most = (
        np.ceil(np.round(low * CENTS, CENT_DECIMALS)),
        np.floor(np.round(high * CENTS, CENT_DECIMALS)),
    )
    if least > most:
        least, most = np.floor(low * CENTS), np.ceil(high * CENTS)
    return float(least / CENTS), float(most / CENTS)


def whole_cents(plan: Floats, low: Floats, high: Floats, total: float, rows: Rows) -> Integers:
    """Return the plan, (n,) money, in cents: exact in budget, bounds and rows.

    Parameters
    ----------
    plan : (n,) array
        Keeps all rules up to rounding.
    low, high : (n,) arrays
        Bounds that hold its choices, money in whole cents.
    rows : Rows
        Linear rules, the budget first, for shares of the budget.

    Returns
    -------
    (n,) integer array
        Where no whole cents keep a rule on a ratio, it gives way by less than the cents of its amounts.
    """
    if len(rows.least) == 1:
        return to_cents(plan, low, high, total)
    near = _near_cents(plan, low, high, total, rows)
    if near is not None and _keeps(near, low, high, total, rows):
        return near
    return _searched_cents(plan, low, high, total, rows)


def _near_cents(plan: Floats, low: Floats, high: Floats, total: float, rows: Rows) -> Integers | None:
    """Return the cents that the repair finds, each amount in steps of a cent; None if it finds none."""
    size = len(plan)
    choices = Choices(
        low=low / total,
        high=high / total,
        switchable=np.zeros(size, dtype=np.bool_),
        step=np.full(size, 1 / CENTS / total),
        members=np.zeros((0, size), dtype=np.bool_),
        counts=np.zeros(0, dtype=np.int64),
    )
    shares, found = repair_choices(plan / total, choices, rows)
    return np.round(shares * total * CENTS).astype(np.int64) if found else None


def _keeps(cents: Integers, low: Floats, high: Floats, total: float, rows: Rows) -> bool:
    least, most = np.round(low * CENTS), np.round(high * CENTS)
    if cents.sum() != round(total * CENTS) or (cents < least).any() or (cents > most).any():
        return False
    values = rows.dense[1:] @ cents
    slack = 1e-9 * (np.abs(rows.dense[1:]) @ cents)
    budget = total * CENTS
    return bool(
        ((values >= rows.least[1:] * budget - slack) & (values <= rows.most[1:] * budget + slack)).all()
    )


def _searched_cents(plan: Floats, low: Floats, high: Floats, total: float, rows: Rows) -> Integers:
    """Return the nearest cents that keep all rows, by HiGHS; a row gives way only if there are none."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    size, rules = len(plan), len(rows.least) - 1
    base = np.floor(np.round(plan * CENTS, 6))
    part = plan * CENTS - base
    budget = round(total * CENTS)
    offset = rows.dense[1:] @ base
    unit, none = np.eye(size), np.zeros((rules, size))
    least, most = np.round(low * CENTS) - base, np.round(high * CENTS) - base
    loose = np.eye(rules)
    matrix = np.block(
        [
            [np.ones(size), np.zeros(size), np.zeros(rules)],
            [unit, -unit, np.zeros((size, rules))],
            [unit, unit, np.zeros((size, rules))],
            [rows.dense[1:], none, loose],
            [rows.dense[1:], none, -loose],
        ]
    )
    missing = budget - base.sum()
    free = np.full(size, np.inf)
    found = milp(
        np.concatenate([np.zeros(size), np.ones(size), np.full(rules, BREAK_COST)]),
        integrality=np.repeat([1, 0], [size, size + rules]),
        bounds=Bounds(
            np.concatenate([np.maximum(least, -WINDOW), np.zeros(size + rules)]),
            np.concatenate([np.minimum(most, WINDOW + 1.0), np.full(size + rules, np.inf)]),
        ),
        constraints=LinearConstraint(
            matrix,
            np.concatenate(
                [[missing], -free, part, rows.least[1:] * budget - offset, np.full(rules, -np.inf)]
            ),
            np.concatenate([[missing], part, free, np.full(rules, np.inf), rows.most[1:] * budget - offset]),
        ),
    )
    if found.x is None:
        raise InfeasibleBudgetError(
            f"No plan in whole cents spends {total:,.2f} inside the bounds; loosen one of them by a cent."
        )
    cents: Integers = (base + np.round(found.x[:size])).astype(np.int64)
    return cents
