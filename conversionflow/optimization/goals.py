"""What a plan is judged by: conversions, revenue, their downside, and how much money it moves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar, Protocol, Self, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from conversionflow.core.errors import InputError, SettingsError
from conversionflow.optimization.objective import (
    DrawsObjective,
    Floats,
    Key,
    MarketObjective,
    Objective,
    SeparableObjective,
)

R = TypeVar("R", bound=Objective)
MATERIAL_GAIN = 1e-9
"""Smallest gain over today's value, as a share of it, that is not rounding and moves money."""

Curves: TypeAlias = Callable[[Floats], tuple[Floats, Floats]]
"""Values and derivatives, (G, n) each, of one curve per touchpoint at spends (G, n)."""


class Goal(Protocol):
    """A figure of a plan that is to be as large as possible."""

    @property
    def name(self) -> str:
        """Name in tables."""
        ...

    @property
    def keys(self) -> tuple[Key, ...]:
        """Market and touchpoint of each amount."""
        ...

    @property
    def curves(self) -> Curves | None:
        """Its curves by touchpoint, whose sum it is up to a constant; None where it is no such sum."""
        ...

    def values(self, plans: Floats) -> Floats:
        """Values (B,) of plans (B, n)."""
        ...

    def value_and_gradient(self, plan: Floats) -> tuple[float, Floats]:
        """Value of one plan and its derivative by spend, (n,)."""
        ...

    def thin(self, draws: int) -> Self:
        """Return the same goal on at most ``draws`` posterior draws."""
        ...


@dataclass(frozen=True, eq=False)
class ExpectedConversions:
    """Mean conversions per period over the posterior draws."""

    response: Objective
    name: ClassVar[str] = "conversions"

    @property
    def keys(self) -> tuple[Key, ...]:
        """Market and touchpoint of each amount."""
        return self.response.keys

    @property
    def curves(self) -> Curves | None:
        """The response's curves, where it is separable."""
        return self.response.curves if isinstance(self.response, SeparableObjective) else None

    def outcomes(self, plans: Floats) -> Floats:
        """Conversions on each draw, (S, B)."""
        return self.response.conversions(plans)

    def values(self, plans: Floats) -> Floats:
        """Mean conversions (B,) of plans (B, n)."""
        means: Floats = self.outcomes(plans).mean(axis=0)
        return means

    def value_and_gradient(self, plan: Floats) -> tuple[float, Floats]:
        """Mean conversions and their derivative by spend, (n,)."""
        return self.response.mean_and_gradient(plan)

    def thin(self, draws: int) -> Self:
        """Return the goal on at most ``draws`` draws."""
        return replace(self, response=self.response.thin(draws))

    def take(self, draws: NDArray[np.intp]) -> Self:
        """Return the goal on the draws of these numbers."""
        return replace(self, response=_chosen(self.response, draws))


@dataclass(frozen=True, eq=False)
class ExpectedRevenue:
    """Mean revenue per period: conversions of each market at what one brings there.

    Attributes
    ----------
    response : MarketObjective
        The response; its markets do not influence each other.
    revenue_per_conversion : mapping
        Money by market.
    """

    response: MarketObjective
    revenue_per_conversion: Mapping[str, float]
    name: ClassVar[str] = "revenue"

    def __post_init__(self) -> None:
        missing = [market for market in self.response.markets if market not in self.revenue_per_conversion]
        if missing:
            raise InputError(f"There is no revenue per conversion for {', '.join(missing)}.")

    @property
    def keys(self) -> tuple[Key, ...]:
        """Market and touchpoint of each amount."""
        return self.response.keys

    @property
    def curves(self) -> Curves | None:
        """The response's curves at their market's revenue, where it is separable."""
        response = self.response
        if not isinstance(response, SeparableObjective):
            return None
        worth = self._worth()

        def priced(spend: Floats) -> tuple[Floats, Floats]:
            values, marginals = response.curves(spend)
            return worth * values, worth * marginals

        return priced

    def outcomes(self, plans: Floats) -> Floats:
        """Revenue on each draw, (S, B)."""
        price = np.array([self.revenue_per_conversion[market] for market in self.response.markets])
        revenue: Floats = self.response.conversions_by_market(plans) @ price
        return revenue

    def values(self, plans: Floats) -> Floats:
        """Mean revenue (B,) of plans (B, n)."""
        means: Floats = self.outcomes(plans).mean(axis=0)
        return means

    def value_and_gradient(self, plan: Floats) -> tuple[float, Floats]:
        """Mean revenue and its derivative by spend, (n,)."""
        _, gradient = self.response.mean_and_gradient(plan)
        return float(self.values(plan[None])[0]), self._worth() * gradient

    def thin(self, draws: int) -> Self:
        """Return the goal on at most ``draws`` draws."""
        return replace(self, response=self.response.thin(draws))

    def take(self, draws: NDArray[np.intp]) -> Self:
        """Return the goal on the draws of these numbers."""
        return replace(self, response=_chosen(self.response, draws))

    def _worth(self) -> Floats:
        return np.array([self.revenue_per_conversion[market] for market, _ in self.response.keys])


@dataclass(frozen=True, eq=False)
class Downside:
    """Mean of the worst share of draws: conditional value at risk of conversions or revenue.

    Rockafellar & Uryasev (2000), *Journal of Risk* 2(3): 21-41. Its derivative is the mean derivative over
    those draws.

    Attributes
    ----------
    of : ExpectedConversions or ExpectedRevenue
        What is to be safe.
    share : float
        Share of the draws that is the worst, above 0, at most 1; at least one draw counts.
    today : (n,) array, optional
        Judge the uplift over this plan, draw by draw, instead of the outcome.
    """

    of: ExpectedConversions | ExpectedRevenue
    share: float = 0.1
    today: Floats | None = None
    name: ClassVar[str] = "downside"
    curves: ClassVar[None] = None

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise SettingsError(f"The downside's share is {self.share}, not above 0 and at most 1.")

    @property
    def keys(self) -> tuple[Key, ...]:
        """Market and touchpoint of each amount."""
        return self.of.keys

    def values(self, plans: Floats) -> Floats:
        """Mean of the worst draws (B,) of plans (B, n)."""
        outcomes = self._outcomes(plans)
        worst = self._worst(len(outcomes))
        means: Floats = np.partition(outcomes, worst - 1, axis=0)[:worst].mean(axis=0)
        return means

    def value_and_gradient(self, plan: Floats) -> tuple[float, Floats]:
        """Mean of the worst draws, and its derivative by spend where no two draws tie, (n,)."""
        outcomes = self._outcomes(plan[None])[:, 0]
        tail = np.argsort(outcomes, kind="stable")[: self._worst(len(outcomes))]
        _, gradient = self.of.take(tail).value_and_gradient(plan)
        return float(outcomes[tail].mean()), gradient

    def thin(self, draws: int) -> Self:
        """Return the goal on at most ``draws`` draws."""
        return replace(self, of=self.of.thin(draws))

    def _outcomes(self, plans: Floats) -> Floats:
        """Return what is judged on each draw, (S, B)."""
        outcomes = self.of.outcomes(plans)
        return outcomes if self._today is None else outcomes - self._today

    @cached_property
    def _today(self) -> Floats | None:
        """What today's plan brings on each draw, (S, 1): it is asked for with every other plan."""
        return None if self.today is None else self.of.outcomes(self.today[None])

    def _worst(self, draws: int) -> int:
        return max(1, round(self.share * draws))


def moved_share(plans: Floats, today: Floats, total: float) -> Floats:
    """Half the absolute change of all amounts as a share of the budget, (B,): what moves elsewhere."""
    share: Floats = np.abs(plans - today).sum(axis=-1) / (2 * total)
    return share


def _chosen(response: R, draws: NDArray[np.intp]) -> R:
    # asked for at every step of a search: a check of the whole protocol takes longer than the step
    take: Callable[[NDArray[np.intp]], R] | None = getattr(response, DrawsObjective.take.__name__, None)
    if take is None:
        raise InputError("The downside needs a response that offers its draws one by one (`take`).")
    return take(draws)
