"""What the optimiser asks of a response: conversions for a plan, on each posterior draw."""

from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Key = tuple[str, str]


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
