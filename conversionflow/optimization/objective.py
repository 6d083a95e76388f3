"""What the optimiser asks of a response: conversions for a plan, on each posterior draw."""

from collections.abc import Sequence
from typing import Protocol, Self, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]
Key: TypeAlias = tuple[str, str]


class Objective(Protocol):
    """Expected conversions per period as a function of spend per period.

    A plan is an (n,) array of money in the order of ``keys``. The mean is over posterior draws.
    """

    @property
    def keys(self) -> tuple[Key, ...]:
        """Market and touchpoint of each amount."""
        ...

    def conversions(self, plans: Floats) -> Floats:
        """Conversions of B plans (B, n) on each of S draws, (S, B)."""
        ...

    def mean_and_gradient(self, plan: Floats) -> tuple[float, Floats]:
        """Mean conversions of one plan and their derivative by spend, (n,) conversions per unit of money."""
        ...

    def thin(self, draws: int) -> Self:
        """Return the same response on at most ``draws`` of its draws."""
        ...


@runtime_checkable
class MarketObjective(Objective, Protocol):
    """A response that can be split by market; spend in one market does nothing in another."""

    @property
    def markets(self) -> Sequence[str]:
        """Names of the markets."""
        ...

    def conversions_by_market(self, plans: Floats) -> Floats:
        """Conversions of B plans (B, n) on each draw in each market, (S, B, M)."""
        ...


@runtime_checkable
class DrawsObjective(Objective, Protocol):
    """A response whose draws can be chosen one by one."""

    def take(self, draws: NDArray[np.intp]) -> Self:
        """Return the same response on the draws of these numbers."""
        ...


@runtime_checkable
class SeparableObjective(Objective, Protocol):
    """A response that is a sum of one curve per touchpoint, up to a constant."""

    def curves(self, spend: Floats) -> tuple[Floats, Floats]:
        """Return each touchpoint's mean conversions at its spend (G, n), and their derivatives, (G, n)."""
        ...
