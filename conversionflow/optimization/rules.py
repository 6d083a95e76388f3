"""What a plan keeps beyond budget and bounds: linear rules, 0 or enough, steps, how many are active."""

from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from conversionflow.core.errors import SettingsError
from conversionflow.optimization.objective import Floats, Integers, Key

Flags = NDArray[np.bool_]


def _nothing() -> Floats:
    return np.zeros(0)


@dataclass(frozen=True, eq=False)
class LinearRule:
    """``low <= coefficients @ plan <= high``: caps, floors and shares of groups, ratios between them.

    Attributes
    ----------
    name : str
        What errors and reports call it.
    coefficients : (n,) array
        1 for the members of a group; for a ratio also the negative ratio for what it refers to.
    low, high : float
        Money per period; infinite where there is no such side.
    """

    name: str
    coefficients: Floats
    low: float = -np.inf
    high: float = np.inf

    @property
    def is_sum(self) -> bool:
        """Whether it is about a plain sum of amounts, so that its bounds are whole cents."""
        return bool(np.isin(self.coefficients, (0.0, 1.0)).all())


@dataclass(frozen=True, eq=False)
class ActiveRule:
    """At most ``count`` of the ``members``, (n,) bool, have any spend."""

    name: str
    members: Flags
    count: int


class Origins(NamedTuple):
    """Where the limits of n touchpoints are from, as people call it; '' where no row says it. Empty: nowhere.

    A ``frozen`` touchpoint keeps its spend, so that is what holds it, whatever its bounds are.
    """

    low: tuple[str, ...] = ()
    high: tuple[str, ...] = ()
    min_if_on: tuple[str, ...] = ()
    step: tuple[str, ...] = ()
    frozen: tuple[str, ...] = ()

    def of_size(self, size: int) -> "Origins":
        """Return them filled in for n touchpoints."""
        return Origins(*(names or ("",) * size for names in self))

    def take(self, order: Integers) -> "Origins":
        """Return those of the touchpoints in another order."""
        return Origins(*(tuple(names[i] for i in order) for names in self))


@dataclass(frozen=True, eq=False)
class Rules:
    """All rules of a budget beyond its total and its bounds; none by default.

    Attributes
    ----------
    linear : tuple of LinearRule
        Rules on weighted sums of amounts.
    min_if_on : (n,) array
        Spend is 0 or at least this, money; 0 where there is no such rule. Empty: for none.
    step : (n,) array
        Spend is a multiple of this, money in whole cents; 0 where there is no such rule. Empty: for none.
    max_active : tuple of ActiveRule
        How many may have spend.
    origins : Origins
        Where the limits of each touchpoint are from.
    """

    linear: tuple[LinearRule, ...] = ()
    min_if_on: Floats = field(default_factory=_nothing)
    step: Floats = field(default_factory=_nothing)
    max_active: tuple[ActiveRule, ...] = ()
    origins: Origins = field(default_factory=Origins)

    def of_size(self, size: int) -> "Rules":
        """Return the rules with all arrays filled in for n touchpoints, read-only."""
        arrays = {}
        for name in ("min_if_on", "step"):
            given = np.asarray(getattr(self, name), dtype=np.float64)
            arrays[name] = given.copy() if len(given) else np.zeros(size)
            arrays[name].setflags(write=False)
        return replace(self, origins=self.origins.of_size(size), **arrays)  # type: ignore[arg-type]

    @property
    def any_discrete(self) -> bool:
        """Whether a rule leaves gaps between allowed amounts."""
        return bool(self.max_active or (self.min_if_on > 0).any() or (self.step > 0).any())

    @property
    def any(self) -> bool:
        """Whether there is a rule at all."""
        return bool(self.linear) or self.any_discrete

    def take(self, order: Integers) -> "Rules":
        """Return the rules of the touchpoints in another order, (n,) places; arrays must be filled in."""
        return Rules(
            tuple(replace(rule, coefficients=rule.coefficients[order]) for rule in self.linear),
            self.min_if_on[order],
            self.step[order],
            tuple(replace(rule, members=rule.members[order]) for rule in self.max_active),
            self.origins.take(order),
        )

    def switchable(self, low: Floats) -> Flags:
        """Touchpoints that a rule lets be switched off: 0, or on with at least ``min_if_on``, (n,) bool."""
        ruled = self.min_if_on > 0
        for rule in self.max_active:
            ruled = ruled | rule.members
        return ruled & (low <= 0)


def check_rules(rules: Rules, keys: tuple[Key, ...], low: Floats) -> None:
    """Refuse rules that make no sense by themselves, whatever the budget.

    Raises
    ------
    SettingsError
        Naming every wrong one.
    """
    size = len(keys)
    lengths = {
        "min_if_on": len(rules.min_if_on),
        "step": len(rules.step),
        **{f"coefficients of rule {rule.name}": len(rule.coefficients) for rule in rules.linear},
        **{f"members of rule {rule.name}": len(rule.members) for rule in rules.max_active},
    }
    wrong = [
        f"{name}: {length} amounts for {size} touchpoints"
        for name, length in lengths.items()
        if length != size
    ]
    if not wrong:
        wrong = _wrong_amounts(rules, keys, low)
    if wrong:
        raise SettingsError("The budget's rules are not usable: " + "; ".join(wrong) + ".")


def _wrong_amounts(rules: Rules, keys: tuple[Key, ...], low: Floats) -> list[str]:
    wrong = [
        f"{name} of {label(keys[i])} is {amounts[i]}, not 0 or more"
        for name, amounts in (("min_if_on", rules.min_if_on), ("step", rules.step))
        for i in np.flatnonzero(~(np.isfinite(amounts) & (amounts >= 0)))
    ]
    wrong += [
        f"step of {label(keys[i])} is {rules.step[i]}, not whole cents"
        for i in np.flatnonzero(np.abs(rules.step * 100 - np.round(rules.step * 100)) > 1e-6)
    ]
    wrong += [
        f"min_if_on of {label(keys[i])} lets its spend be 0, and its minimum, {low[i]:,.2f}, does not"
        for i in np.flatnonzero((rules.min_if_on > 0) & (low > 0))
    ]
    wrong += [
        f"rule {rule.name} has coefficients or bounds that are no numbers"
        for rule in rules.linear
        if not np.isfinite(rule.coefficients).all() or np.isnan([rule.low, rule.high]).any()
    ]
    wrong += [f"rule {rule.name} allows {rule.count} active" for rule in rules.max_active if rule.count < 0]
    return wrong


def label(key: Key) -> str:
    """Market and touchpoint as people read them."""
    return " / ".join(key)
