"""Budget, bounds and rules as a mixed-integer programme, solved by HiGHS.

Variables, in order: the amounts (n) in a unit that makes steps whole numbers; for each touchpoint that may be
switched off, 1 where it is on; for each with a step, the number of its steps; for each rule, 1 where it is
given up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from conversionflow.optimization.money import CENTS
from conversionflow.optimization.objective import Floats, Integers, Key
from conversionflow.optimization.rules import Flags, Rules, label

if TYPE_CHECKING:
    from scipy.optimize import OptimizeResult
    from scipy.sparse import csr_array

FINEST = 1e6
"""Units in a budget at most: more, and sums of amounts are no longer exact to HiGHS's tolerances."""

GAP = 1e-7
"""Relative distance of plan and bound at which a search may end."""


@dataclass(frozen=True)
class Item:
    """One rule that can be kept or given up: what it says, and the amount it is about."""

    text: str
    amount: float


class Added(NamedTuple):
    """Rows over all variables and, at their end, more of them from 0 to 1; ``whole`` is 1 for binaries."""

    matrix: csr_array
    row_low: Floats
    row_high: Floats
    whole: Integers


class _Rows:
    """Sparse rows, collected."""

    def __init__(self) -> None:
        self.entries: list[tuple[int, int, float]] = []
        self.low: list[float] = []
        self.high: list[float] = []

    def add(self, terms: list[tuple[int, float]], low: float, high: float) -> None:
        self.entries += [(len(self.low), column, weight) for column, weight in terms if weight != 0.0]
        self.low.append(low)
        self.high.append(high)

    def matrix(self, columns: int) -> csr_array:
        from scipy.sparse import csr_array

        rows, places, weights = (np.array(part) for part in zip(*self.entries, strict=True))
        return csr_array((weights.astype(np.float64), (rows, places)), shape=(len(self.low), columns))


@dataclass(frozen=True, eq=False)
class RuleModel:
    """The programme's rows; each rule's are loosened by its own last variable.

    Attributes
    ----------
    size : int
        n.
    unit : float
        Money in one unit of the amounts; ``total`` the budget, money.
    switched, stepped : integer arrays
        Touchpoints with an on-variable, and with a number of steps.
    items : tuple of Item
        Rules, in the order of the last variables.
    matrix : (rows, variables) sparse array
        Left sides; ``row_low``, ``row_high`` what they may be.
    most : array
        Upper bounds of the variables before the rules' own.
    """

    size: int
    unit: float
    total: float
    switched: Integers
    stepped: Integers
    items: tuple[Item, ...]
    matrix: csr_array
    row_low: Floats
    row_high: Floats
    most: Floats

    @classmethod
    def of(cls, keys: tuple[Key, ...], low: Floats, high: Floats, total: float, rules: Rules) -> Self:
        """Build the programme of bounds (n,) and rules in money."""
        builder = _Builder(keys, low, high, total, rules)
        return cls(
            len(keys),
            builder.unit,
            total,
            np.flatnonzero(builder.switchable),
            np.flatnonzero(rules.step > 0),
            tuple(builder.items),
            builder.rows.matrix(builder.first_item + len(builder.items)),
            np.array(builder.rows.low),
            np.array(builder.rows.high),
            builder.most(),
        )

    @property
    def columns(self) -> int:
        """Number of variables before the rules' own."""
        return self.matrix.shape[1] - len(self.items)

    def solve(
        self,
        cost: Floats,
        kept: Flags | None = None,
        added: Added | None = None,
        time_limit: float = np.inf,
        gap: float = GAP,
    ) -> OptimizeResult:
        """Minimise a cost (variables,) with all rules kept, or those of ``kept`` (items,) only."""
        given_up = np.zeros(len(self.items)) if kept is None else np.where(kept, 0.0, 1.0)
        return self._solve(cost, given_up, given_up, added, {"time_limit": time_limit, "mip_rel_gap": gap})

    def fewest_given_up(self, kept: Flags) -> Flags:
        """Return a largest set of rules that a plan keeps, (items,) bool, with all of ``kept`` in it."""
        cost = np.zeros(self.matrix.shape[1])
        cost[self.columns :] = 1.0
        may_give_up = np.where(kept, 0.0, 1.0)
        found = self._solve(cost, np.zeros(len(self.items)), may_give_up, None, {"mip_rel_gap": GAP})
        return np.asarray(found.x[self.columns :] < 0.5)

    def _solve(
        self, cost: Floats, least: Floats, most: Floats, added: Added | None, options: dict[str, float]
    ) -> OptimizeResult:
        """Solve with bounds on what is given up, (items,) each."""
        from scipy.optimize import Bounds, LinearConstraint, milp
        from scipy.sparse import csr_array, hstack

        lower = np.concatenate([np.zeros(self.columns), least])
        upper = np.concatenate([self.most, most])
        whole = np.repeat([0, 1], [self.size, len(lower) - self.size])
        constraints = [LinearConstraint(self.matrix, self.row_low, self.row_high)]
        if added is not None:
            padded = hstack([self.matrix, csr_array((self.matrix.shape[0], len(added.whole)))])
            constraints = [
                LinearConstraint(padded, self.row_low, self.row_high),
                LinearConstraint(added.matrix, added.row_low, added.row_high),
            ]
            lower = np.concatenate([lower, np.zeros(len(added.whole))])
            upper = np.concatenate([upper, np.ones(len(added.whole))])
            whole = np.concatenate([whole, added.whole])
        return milp(
            cost,
            integrality=whole,
            bounds=Bounds(lower, upper),
            constraints=constraints,
            options=options,  # type: ignore[arg-type]
        )


def _unit(total: float, step: Floats) -> float:
    """Return the largest money that all steps are multiples of, or the budget where there are none.

    Where steps are tiny shares of the budget HiGHS's presolve calls possible plans impossible, so the unit is
    never the budget then: where the steps' own is too fine it is the finest one.
    """
    cents = np.round(step[step > 0] * CENTS).astype(np.int64)
    return max(float(np.gcd.reduce(cents)) / CENTS, total / FINEST) if len(cents) else total


class _Builder:
    """Collects rows and items in the order of their variables."""

    def __init__(self, keys: tuple[Key, ...], low: Floats, high: Floats, total: float, rules: Rules) -> None:
        self.unit = unit = _unit(total, rules.step)
        self.keys, self.low, self.high, self.rules = keys, low / unit, high / unit, rules
        self.budget = total / unit
        self.size = len(keys)
        self.switchable = rules.switchable(np.zeros_like(low))
        self.stepped = rules.step > 0
        self.switch = self.size + np.cumsum(self.switchable) - 1
        self.steps = self.size + int(self.switchable.sum()) + np.cumsum(self.stepped) - 1
        self.first_item = self.size + int(self.switchable.sum()) + int(self.stepped.sum())
        self.items: list[Item] = []
        self.rows = _Rows()
        self.rows.add([(i, 1.0) for i in range(self.size)], self.budget, self.budget)
        for i in range(self.size):
            self._bounds(i)
        for rule in rules.linear:
            self._linear(rule.name, rule.coefficients, rule.low / unit, rule.high / unit, rule.is_sum)
        for i in np.flatnonzero(self.switchable).tolist():
            self.rows.add([(i, 1.0), (int(self.switch[i]), -self.budget)], -np.inf, 0.0)
            if rules.min_if_on[i] > 0:
                self._least_if_on(i, rules.min_if_on[i] / unit)
        for i in np.flatnonzero(self.stepped).tolist():
            self._step(i, rules.step[i] / unit)
        for active in rules.max_active:
            self._active(active.name, active.members, active.count)

    def most(self) -> Floats:
        """Upper bounds of amounts, on-variables and numbers of steps."""
        amounts = np.full(self.size, self.budget)
        numbers = np.floor(self.budget * self.unit / self.rules.step[self.stepped] + 1e-9)
        return np.concatenate([amounts, np.ones(int(self.switchable.sum())), numbers])

    def _item(self, text: str, amount: float) -> int:
        self.items.append(Item(text, amount))
        return self.first_item + len(self.items) - 1

    def _bounds(self, i: int) -> None:
        name, low, high = label(self.keys[i]), self.low[i], self.high[i]
        if low >= high:
            given_up = self._item(f"{name} fixed at {low * self.unit:,.2f}", low)
            self.rows.add([(i, 1.0), (given_up, self.budget)], low, np.inf)
            self.rows.add([(i, 1.0), (given_up, -self.budget)], -np.inf, high)
            return
        if low > 0:
            given_up = self._item(f"the minimum of {name}, {low * self.unit:,.2f}", low)
            self.rows.add([(i, 1.0), (given_up, self.budget)], low, np.inf)
        if high < self.budget:
            given_up = self._item(f"the maximum of {name}, {high * self.unit:,.2f}", self.budget - high)
            on = [(int(self.switch[i]), -high)] if self.switchable[i] else []
            self.rows.add([(i, 1.0), *on, (given_up, -self.budget)], -np.inf, 0.0 if on else high)

    def _linear(self, name: str, coefficients: Floats, low: float, high: float, is_sum: bool) -> None:
        reach = float(np.abs(coefficients).sum()) * self.budget
        terms = [(int(i), float(coefficients[i])) for i in np.flatnonzero(coefficients)]
        for bound, sign, words in ((low, 1.0, "at least"), (high, -1.0, "at most")):
            if np.isfinite(bound):
                says = f", {words} {bound * self.unit:,.2f}" if is_sum else ""
                given_up = self._item(f"rule {name}{says}", abs(bound))
                loosened = [*terms, (given_up, sign * (reach + abs(bound)))]
                self.rows.add(loosened, *((bound, np.inf) if sign > 0 else (-np.inf, bound)))

    def _least_if_on(self, i: int, amount: float) -> None:
        given_up = self._item(f"min_if_on of {label(self.keys[i])}, {amount * self.unit:,.2f}", amount)
        self.rows.add([(i, 1.0), (int(self.switch[i]), -amount), (given_up, amount)], 0.0, np.inf)

    def _step(self, i: int, amount: float) -> None:
        given_up = self._item(f"the step of {label(self.keys[i])}, {amount * self.unit:,.2f}", amount)
        terms = [(i, 1.0), (int(self.steps[i]), -amount)]
        self.rows.add([*terms, (given_up, self.budget)], 0.0, np.inf)
        self.rows.add([*terms, (given_up, -self.budget)], -np.inf, 0.0)

    def _active(self, name: str, members: Flags, count: int) -> None:
        given_up = self._item(f"rule {name}, at most {count} active", self.budget)
        on = [(int(self.switch[i]), 1.0) for i in np.flatnonzero(members)]
        self.rows.add([*on, (given_up, -float(len(members)))], -np.inf, float(count))
