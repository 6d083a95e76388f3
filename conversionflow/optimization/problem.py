"""A budget to distribute: today's plan, bounds, total and rules, checked before any search."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from conversionflow.core.errors import InfeasibleBudgetError, SettingsError
from conversionflow.optimization.contradictions import (
    bound_clashes,
    clash_text,
    clashing_rules,
    smallest_clash,
)
from conversionflow.optimization.money import CENTS, cent_bounds, to_cents
from conversionflow.optimization.objective import Floats, Key
from conversionflow.optimization.projection import project
from conversionflow.optimization.repair import ALLOWED, Repair, rows_of
from conversionflow.optimization.rounding import rule_cents, whole_cents
from conversionflow.optimization.rules import Rules, check_rules, label

KEPT = 1e-11
"""Violation, as a share of the budget, up to which a plan is its own repair."""


class ConvexPiece(NamedTuple):
    """Plans that are on and at steps where one is: bounds (n,), ``least <= matrix @ plan <= most``."""

    low: Floats
    high: Floats
    matrix: Floats
    least: Floats
    most: Floats


@dataclass(frozen=True, eq=False)
class BudgetProblem:
    """Spend per period to choose for each market and touchpoint.

    Money is taken to whole cents when the problem is made: the bounds by `cent_bounds`, today's plan with
    its sum kept, the bounds of rules on sums inward. An infinite maximum becomes the budget.

    Attributes
    ----------
    keys : tuple of (market, touchpoint)
        Order of all arrays.
    current, low, high : (n,) arrays
        Today's spend, minimum and maximum, money per period.
    total : float
        The budget, money per period.
    rules : Rules
        What else a plan must keep.

    Raises
    ------
    InfeasibleBudgetError
        Naming every contradiction: a missing or negative amount, a minimum above its maximum, minimums
        above or maximums below the budget; or a smallest set of rules that clash.
    SettingsError
        If a rule makes no sense by itself.
    """

    keys: tuple[Key, ...]
    current: Floats
    low: Floats
    high: Floats
    total: float
    rules: Rules = field(default_factory=Rules)

    def __post_init__(self) -> None:
        money = {name: np.array(getattr(self, name), dtype=np.float64) for name in ("current", "low", "high")}
        high = np.where(np.isposinf(money["high"]), self.total, money["high"])
        clashes = _bad_amounts(self.keys, {**money, "high": high}, self.total)
        if not clashes:
            clashes = bound_clashes(self.keys, money["low"], high, self.total)
        if clashes:
            raise InfeasibleBudgetError("No plan is possible: " + "; ".join(clashes) + ".")
        rules = self.rules.of_size(len(self.keys))
        check_rules(rules, self.keys, money["low"])
        low_cents, high_cents, budget = cent_bounds(money["low"], high, self.total)
        current = money["current"]
        today = to_cents(current, np.floor(current), np.ceil(current) + 1.0, float(current.sum()))
        for name, cents in (("current", today), ("low", low_cents), ("high", high_cents)):
            self._set(name, cents / CENTS)
        object.__setattr__(self, "total", budget / CENTS)
        object.__setattr__(self, "rules", _rules_in_cents(rules))
        self._check_rules_together()
        if (rules.step > 0).any():
            self._keep_whole_steps()

    @property
    def allows_current(self) -> bool:
        """Whether today's plan spends the budget inside the bounds and keeps all rules."""
        return bool(self.worst_violation(self.current[None])[0] <= ALLOWED * self.total)

    def repair(self, plans: Floats) -> Floats:
        """Return plans near the given ones, (B, n) money, that keep budget, bounds and all rules.

        Without rules it is `project`, with linear rules the nearest plan that keeps them. A plan that keeps
        all rules is left as it is. What is not found near is replaced by a known plan that keeps them.
        """
        if not self.rules.any:
            return project(plans, self.low, self.high, self.total)
        repaired, _ = self._repair(plans)
        kept = self.worst_violation(plans) <= KEPT * self.total
        repaired[kept] = plans[kept]
        broken = self.worst_violation(repaired) > ALLOWED * self.total
        repaired[broken] = self._repair.nearest_known(plans[broken])
        return repaired

    def violations(self, plans: Floats) -> dict[str, Floats]:
        """Money by which plans (B, n) break each rule, 0 where they keep it, (B,) by name.

        ``budget`` is the amount that is missing or too much, ``bounds`` the largest breach of one.
        """
        broken = {
            "budget": np.abs(plans.sum(axis=1) - self.total),
            "bounds": np.maximum(self.low - plans, plans - self.high).max(axis=1).clip(0.0),
        }
        for rule in self.rules.linear:
            value = plans @ rule.coefficients
            broken[rule.name] = np.maximum(np.maximum(rule.low - value, value - rule.high), 0.0)
        least, step = self.rules.min_if_on, self.rules.step
        if (least > 0).any():
            broken["min_if_on"] = np.maximum(np.minimum(plans, least - plans), 0.0).max(axis=1)
        if (step > 0).any():
            stepped = plans[:, step > 0]
            off = stepped - np.round(stepped / step[step > 0]) * step[step > 0]
            broken["step"] = np.abs(off).max(axis=1)
        for active in self.rules.max_active:
            most_first = -np.sort(-plans[:, active.members], axis=1)
            broken[active.name] = np.maximum(most_first[:, active.count :].sum(axis=1), 0.0)
        return broken

    def worst_violation(self, plans: Floats) -> Floats:
        """Money by which plans (B, n) break the rule that they break most, (B,)."""
        return np.asarray(np.max(list(self.violations(plans).values()), axis=0))

    def convex_piece(self, plan: Floats) -> ConvexPiece:
        """Return the convex set of plans that are on and at steps where a feasible plan, (n,) money, is."""
        off = self.rules.switchable(self.low) & (plan == 0)
        stepped = self.rules.step > 0
        return ConvexPiece(
            low=np.where(off, 0.0, np.where(stepped, plan, np.maximum(self.low, self.rules.min_if_on))),
            high=np.where(off, 0.0, np.where(stepped, plan, self.high)),
            matrix=np.array([rule.coefficients for rule in self.rules.linear]).reshape(-1, len(self.keys)),
            least=np.array([rule.low for rule in self.rules.linear]),
            most=np.array([rule.high for rule in self.rules.linear]),
        )

    def rounded(self, plan: Floats) -> Floats:
        """Return the plan, (n,) money, in whole cents: exact in budget, bounds and rules."""
        if not self.rules.any:
            return to_cents(plan, self.low, self.high, self.total) / CENTS
        kept = self.repair(plan[None])[0]
        piece = self.convex_piece(kept)
        rows = rows_of(self.rules, len(self.keys), self.total)
        return whole_cents(kept, piece.low, piece.high, self.total, rows) / CENTS

    @cached_property
    def _repair(self) -> Repair:
        return Repair.of(self.keys, self.low, self.high, self.total, self.rules)

    def _set(self, name: str, amounts: Floats) -> None:
        amounts.setflags(write=False)
        object.__setattr__(self, name, amounts)

    def _check_rules_together(self) -> None:
        if self.rules.any:
            clashing = clashing_rules(self.keys, self.low, self.high, self.total, self.rules)
            if clashing is not None:
                raise InfeasibleBudgetError(
                    lambda: f"No plan is possible: {clash_text(smallest_clash(clashing), self.total)}."
                )

    def _keep_whole_steps(self) -> None:
        """Move bounds inward to whole steps."""
        step = self.rules.step
        whole = np.where(step > 0, step, 1.0)
        least = np.maximum(self.low, self.rules.min_if_on)
        up = np.where(step > 0, np.ceil(np.round(least / whole, 9)) * whole, least)
        down = np.where(step > 0, np.floor(np.round(self.high / whole, 9)) * whole, self.high)
        min_if_on = np.where(self.rules.min_if_on > 0, up, 0.0)
        min_if_on.setflags(write=False)
        self._set("low", _cents(np.where(self.rules.min_if_on > 0, self.low, up)))
        self._set("high", _cents(down))
        object.__setattr__(self, "rules", replace(self.rules, min_if_on=min_if_on))


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


def _cents(money: Floats) -> Floats:
    return np.asarray(np.round(money * CENTS) / CENTS)


def _rules_in_cents(rules: Rules) -> Rules:
    """Rules whose bounds on plain sums, and amounts if on, are whole cents."""
    linear = []
    for rule in rules.linear:
        low, high = rule_cents(rule.low, rule.high) if rule.is_sum else (rule.low, rule.high)
        linear.append(replace(rule, low=low, high=high))
    min_if_on = np.ceil(np.round(rules.min_if_on * CENTS, 4)) / CENTS
    min_if_on.setflags(write=False)
    return replace(rules, linear=tuple(linear), min_if_on=min_if_on)


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
        f"{name} of {label(keys[i])} is {money[name][i]}"
        for name in money
        for i in np.flatnonzero(~(np.isfinite(money[name]) & (money[name] >= 0)))
    ]
    if not (np.isfinite(total) and total > 0):
        wrong.append(f"the budget is {total}, not an amount above 0")
    return wrong
