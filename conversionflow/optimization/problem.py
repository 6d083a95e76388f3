"""A budget to distribute: today's plan, bounds and total, checked before any search."""

from dataclasses import dataclass

import numpy as np

from conversionflow.core.errors import InfeasibleBudgetError, SettingsError
from conversionflow.optimization.money import CENTS, cent_bounds, to_cents
from conversionflow.optimization.objective import Floats, Key
from conversionflow.optimization.projection import project

ROUNDING_CENTS = 0.49
"""Cents by which bounds may miss the budget: below one half, so that rounding outward always meets it."""


@dataclass(frozen=True, eq=False)
class ConvexPiece:
    """Bounds (n,), and ``least <= matrix @ plan <= most`` with R rows."""

    low: Floats
    high: Floats
    matrix: Floats
    least: Floats
    most: Floats


@dataclass(frozen=True, eq=False)
class BudgetProblem:
    """Spend per period to choose for each market and touchpoint.

    Money is taken to whole cents when the problem is made: the bounds by `cent_bounds`, today's plan with
    its sum kept. An infinite maximum becomes the budget.

    Attributes
    ----------
    keys : tuple of (market, touchpoint)
        Order of all arrays.
    current, low, high : (n,) arrays
        Today's spend, minimum and maximum, money per period.
    total : float
        The budget, money per period.

    Raises
    ------
    InfeasibleBudgetError
        Naming every contradiction: a missing or negative amount, a minimum above its maximum, minimums
        above or maximums below the budget.
    """

    keys: tuple[Key, ...]
    current: Floats
    low: Floats
    high: Floats
    total: float

    def __post_init__(self) -> None:
        money = {name: np.array(getattr(self, name), dtype=np.float64) for name in ("current", "low", "high")}
        high = np.where(np.isposinf(money["high"]), self.total, money["high"])
        clashes = _bad_amounts(self.keys, {**money, "high": high}, self.total)
        if not clashes:
            clashes = _contradictions(self.keys, money["low"], high, self.total)
        if clashes:
            raise InfeasibleBudgetError("No plan is possible: " + "; ".join(clashes) + ".")
        low_cents, high_cents, budget = cent_bounds(money["low"], high, self.total)
        current = money["current"]
        today = to_cents(current, np.floor(current), np.ceil(current) + 1.0, float(current.sum()))
        for name, cents in (("current", today), ("low", low_cents), ("high", high_cents)):
            amounts = cents / CENTS
            amounts.setflags(write=False)
            object.__setattr__(self, name, amounts)
        object.__setattr__(self, "total", budget / CENTS)

    @property
    def allows_current(self) -> bool:
        """Whether today's plan spends the budget inside the bounds."""
        inside = bool(((self.low <= self.current) & (self.current <= self.high)).all())
        return inside and round(self.current.sum() * CENTS) == round(self.total * CENTS)

    def repair(self, plans: Floats) -> Floats:
        """Return the nearest feasible plans, (B, n) money."""
        return project(plans, self.low, self.high, self.total)

    def convex_piece(self, plan: Floats) -> ConvexPiece:
        """Return the convex set of feasible plans around a plan."""
        empty = np.zeros((0, len(plan)))
        return ConvexPiece(self.low, self.high, empty, np.zeros(0), np.zeros(0))

    def rounded(self, plan: Floats) -> Floats:
        """Return the plan, (n,) money, in whole cents that spend the budget exactly inside the bounds."""
        return to_cents(plan, self.low, self.high, self.total) / CENTS


def default_bounds(current: Floats, min_spend_ratio: float, max_spend_ratio: float) -> tuple[Floats, Floats]:
    """Minimum and maximum spend, (n,) each, as multiples of today's.

    Raises
    ------
    SettingsError
        Unless ``0 <= min_spend_ratio <= max_spend_ratio``.
    """
    if not 0 <= min_spend_ratio <= max_spend_ratio:
        raise SettingsError(
            f"min_spend_ratio is {min_spend_ratio} and max_spend_ratio {max_spend_ratio}: "
            "they must satisfy 0 <= min_spend_ratio <= max_spend_ratio."
        )
    return current * min_spend_ratio, current * max_spend_ratio


def _bad_amounts(keys: tuple[Key, ...], money: dict[str, Floats], total: float) -> list[str]:
    """Texts for arrays of the wrong length, repeated keys and amounts that are no money."""
    if not keys or len(set(keys)) < len(keys):
        return ["each market and touchpoint must occur once, and there must be at least one"]
    lengths = [
        f"{name} has {len(amounts)} amounts" for name, amounts in money.items() if len(amounts) != len(keys)
    ]
    if lengths:
        return [f"there are {len(keys)} touchpoints and " + ", ".join(lengths)]
    wrong = [
        f"{name} of {_label(keys[i])} is {money[name][i]}"
        for name in money
        for i in np.flatnonzero(~(np.isfinite(money[name]) & (money[name] >= 0)))
    ]
    if not (np.isfinite(total) and total > 0):
        wrong.append(f"the budget is {total}, not an amount above 0")
    return wrong


def _contradictions(keys: tuple[Key, ...], low: Floats, high: Floats, total: float) -> list[str]:
    """Texts for bounds that no plan can keep; less than half a cent off the budget is rounding."""
    clashes = [
        f"the minimum of {_label(keys[i])}, {low[i]:,.2f}, is above its maximum, {high[i]:,.2f}"
        for i in np.flatnonzero(low > high)
    ]
    if low.sum() > total + ROUNDING_CENTS / CENTS:
        clashes.append(f"minimums sum to {low.sum():,.2f}, the budget is {total:,.2f}")
    if high.sum() < total - ROUNDING_CENTS / CENTS:
        clashes.append(f"maximums sum to {high.sum():,.2f}, the budget is {total:,.2f}")
    return clashes


def _label(key: Key) -> str:
    return " / ".join(key)
