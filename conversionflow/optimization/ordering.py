"""A problem and its goals with the touchpoints in the order of their names, in which every search is made."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from conversionflow.optimization.goals import Curves, Goal
from conversionflow.optimization.objective import Floats, Key
from conversionflow.optimization.problem import BudgetProblem

Order = NDArray[np.intp]


def name_order(keys: tuple[Key, ...]) -> Order:
    """Return the places of the keys, (n,), by market and touchpoint."""
    return np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.intp)


def reordered(problem: BudgetProblem, order: Order) -> BudgetProblem:
    """Return the same problem with the touchpoints of these places, (n,), in this order."""
    rules = problem.rules
    return BudgetProblem(
        tuple(problem.keys[place] for place in order),
        problem.current[order],
        problem.low[order],
        problem.high[order],
        problem.total,
        replace(
            rules,
            linear=tuple(replace(rule, coefficients=rule.coefficients[order]) for rule in rules.linear),
            min_if_on=rules.min_if_on[order],
            step=rules.step[order],
            max_active=tuple(replace(rule, members=rule.members[order]) for rule in rules.max_active),
        ),
    )


@dataclass(frozen=True, eq=False)
class ReorderedGoal:
    """A goal whose touchpoints come in another order."""

    goal: Goal
    order: Order

    @property
    def name(self) -> str:
        """Name in tables."""
        return self.goal.name

    @property
    def keys(self) -> tuple[Key, ...]:
        """Market and touchpoint of each amount."""
        return tuple(self.goal.keys[place] for place in self.order)

    @property
    def curves(self) -> Curves | None:
        """The goal's curves in the other order."""
        curves = self.goal.curves
        if curves is None:
            return None

        def other(spend: Floats) -> tuple[Floats, Floats]:
            values, marginals = curves(self._back(spend))
            return values[:, self.order], marginals[:, self.order]

        return other

    def values(self, plans: Floats) -> Floats:
        """Values (B,) of plans (B, n)."""
        return self.goal.values(self._back(plans))

    def value_and_gradient(self, plan: Floats) -> tuple[float, Floats]:
        """Value of one plan and its derivative by spend, (n,)."""
        value, gradient = self.goal.value_and_gradient(self._back(plan))
        return value, gradient[self.order]

    def thin(self, draws: int) -> Self:
        """Return the same goal on at most ``draws`` posterior draws."""
        return replace(self, goal=self.goal.thin(draws))

    def _back(self, plans: Floats) -> Floats:
        return np.ascontiguousarray(plans[..., np.argsort(self.order)])
