"""Expected conversions of a budget, from the tables of posterior draws and constants alone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Protocol, TypeAlias, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from conversionflow.core.errors import InputError, SettingsError
from conversionflow.core.threads import side_by_side
from conversionflow.estimation.draw_table import DrawTable
from conversionflow.estimation.network_kernel import NetworkDraws, network_conversions, network_gradient
from conversionflow.estimation.response_kernel import hill_exponent
from conversionflow.estimation.types import CONVERSION, NOT_APPLICABLE, NULL, Array

#: Keeps a rate over the chance of a count above 0 from 0 / 0; their limit is 1.
SMALLEST_RATE = 1e-12
#: Plans times draws of a market that take longer than to wake another thread.
WORTH_A_THREAD = 200
#: Plans of which it is worth to find those that are the same in a market.
WORTH_COMPARING = 8
#: Which posterior draws to use: all where None.
Draws: TypeAlias = slice | NDArray[np.intp] | None
T = TypeVar("T")


class MarketResponse(Protocol):
    """One market's expected conversions; spend is over its mean, of the P paid touchpoints."""

    def conversions(self, spend: Array) -> Array:
        """Evaluate budgets (B, P): expected conversions per period, (S, B)."""
        ...

    def mean_and_gradient(self, spend: Array) -> tuple[float, Array]:
        """Average one budget (P,) over the draws; with the gradient (P,)."""
        ...

    def take(self, draws: slice | NDArray[np.intp]) -> "MarketResponse":
        """Keep some of the draws."""
        ...


@dataclass(frozen=True, eq=False)
class JourneyMarket:
    """The network of one market."""

    draws: NetworkDraws

    @classmethod
    def from_table(cls, table: DrawTable, paid: list[str], constants: Mapping[str, Array]) -> "JourneyMarket":
        """Read the draws of one market."""
        del constants
        touchpoints = [*paid, *sorted(table.touchpoints("reference_entries") - set(paid))]
        floor, saturation = table.array("response_floor", paid), table.array("response_saturation", paid)
        conversion, lost = (
            table.array("transition_probability", touchpoints, [end])[:, :, 0] for end in (CONVERSION, NULL)
        )
        return cls(
            NetworkDraws(
                entries=table.array("reference_entries", touchpoints),
                exponent=hill_exponent(table.array("beta1", paid), floor, saturation),
                floor=floor,
                saturation=saturation,
                parent_effects=table.array("parent_effects", paid),
                conversion_effects=table.array("conversion_effects", paid),
                moves=table.array("transition_probability", touchpoints, touchpoints),
                conversion=np.ascontiguousarray(conversion),
                lost=np.ascontiguousarray(lost),
                carryover=table.array("carryover", paid),
                displacement=table.array("displacement", [NOT_APPLICABLE])[:, 0],
            )
        )

    def conversions(self, spend: Array) -> Array:
        """Evaluate budgets (B, P): expected conversions per period, (S, B).

        Plans that differ in another market only are the same here, and evaluated once.
        """
        if len(spend) < WORTH_COMPARING:
            return network_conversions(spend, self.draws)
        different, place = np.unique(spend, axis=0, return_inverse=True)
        return np.take(network_conversions(different, self.draws), place, axis=1)

    def mean_and_gradient(self, spend: Array) -> tuple[float, Array]:
        """Average one budget (P,) over the draws; with the gradient (P,)."""
        return network_gradient(spend, self.draws)

    def take(self, draws: slice | NDArray[np.intp]) -> "JourneyMarket":
        """Keep some of the draws."""
        return JourneyMarket(NetworkDraws(*(np.ascontiguousarray(array[draws]) for array in self.draws)))


@dataclass(frozen=True, eq=False)
class PoissonMarket:
    """The regression of one market: sum_k reference_k exp(sum_p effect_pk (log(1 + x_p) - centre_p)).

    Attributes
    ----------
    reference : array (S, K)
    effects : array (S, P, K)
        Of the paid touchpoints' own and their children's conversions.
    centre : array (P,)
    """

    reference: Array
    effects: Array
    centre: Array

    @classmethod
    def from_table(cls, table: DrawTable, paid: list[str], constants: Mapping[str, Array]) -> "PoissonMarket":
        """Read the draws of one market."""
        return cls.of_reference("reference_conversions", table, paid, constants)

    @classmethod
    def of_reference(
        cls, parameter: str, table: DrawTable, paid: list[str], constants: Mapping[str, Array]
    ) -> "PoissonMarket":
        """Read the draws of one market, the parameter of that name as `reference`."""
        touchpoints = [*paid, *sorted(table.touchpoints(parameter) - set(paid))]
        effects = table.array("weighted_parent_effects", paid, touchpoints)
        own = np.arange(len(paid))
        effects[:, own, own] += table.array("beta1", paid)
        return cls(table.array(parameter, touchpoints), effects, constants["log_spend_mean"])

    def spend_effects(self, spend: Array) -> Array:
        """Effects of budgets (B, P) on the log of what closes at each touchpoint, (S, B, K)."""
        effects: Array = (np.log1p(spend) - self.centre) @ self.effects
        return effects

    def slopes_in_spend(self, slopes: Array, spend: Array) -> Array:
        """Mean slope in the spend (P,) from the slopes in each touchpoint's effects, (S, K)."""
        mean: Array = np.einsum("sk,spk->p", slopes, self.effects) / len(slopes) / (1.0 + spend)
        return mean

    def _by_touchpoint(self, spend: Array) -> Array:
        """Evaluate the conversions closed at each touchpoint, (S, B, K)."""
        closed: Array = self.reference[:, None, :] * np.exp(self.spend_effects(spend))
        return closed

    def conversions(self, spend: Array) -> Array:
        """Evaluate budgets (B, P): expected conversions per period, (S, B)."""
        total: Array = self._by_touchpoint(spend).sum(axis=2)
        return total

    def mean_and_gradient(self, spend: Array) -> tuple[float, Array]:
        """Average one budget (P,) over the draws; with the gradient (P,)."""
        closed = self._by_touchpoint(spend[None])[:, 0]
        return float(closed.sum(axis=1).mean()), self.slopes_in_spend(closed, spend)

    def take(self, draws: slice | NDArray[np.intp]) -> "PoissonMarket":
        """Keep some of the draws."""
        return PoissonMarket(self.reference[draws], self.effects[draws], self.centre)


@dataclass(frozen=True, eq=False)
class HurdleMarket:
    """The hurdle of one market: P(any) rate / (1 - exp(-rate)), summed over the touchpoints.

    Both the log rate and, times a slope, the log odds of any conversion move with the spend's effects of
    `PoissonMarket`.

    Attributes
    ----------
    rate : PoissonMarket
        Rate of the Poisson counts from which 0 is cut off.
    log_odds, slope : array (S, K)
        At the spend whose effects are 0.
    """

    rate: PoissonMarket
    log_odds: Array
    slope: Array

    @classmethod
    def from_table(cls, table: DrawTable, paid: list[str], constants: Mapping[str, Array]) -> "HurdleMarket":
        """Read the draws of one market."""
        touchpoints = [*paid, *sorted(table.touchpoints("reference_rate") - set(paid))]
        rate = PoissonMarket.of_reference("reference_rate", table, paid, constants)
        odds, slope = (table.array(name, touchpoints) for name in ("reference_log_odds", "occurrence_slope"))
        return cls(rate, odds, slope)

    def _by_touchpoint(self, spend: Array) -> tuple[Array, Array]:
        """Evaluate the conversions closed at each touchpoint, and their slope in its effects, (S, B, K)."""
        from scipy.special import expit

        effects = self.rate.spend_effects(spend)
        rate = np.maximum(self.rate.reference[:, None, :] * np.exp(effects), SMALLEST_RATE)
        any_chance = expit(self.log_odds[:, None, :] + self.slope[:, None, :] * effects)
        above = -np.expm1(-rate)
        closed = any_chance * rate / above
        relative_slope = self.slope[:, None, :] * (1.0 - any_chance) + 1.0 - rate * np.exp(-rate) / above
        return closed, closed * relative_slope

    def conversions(self, spend: Array) -> Array:
        """Evaluate budgets (B, P): expected conversions per period, (S, B)."""
        total: Array = self._by_touchpoint(spend)[0].sum(axis=2)
        return total

    def mean_and_gradient(self, spend: Array) -> tuple[float, Array]:
        """Average one budget (P,) over the draws; with the gradient (P,)."""
        closed, slopes = (values[:, 0] for values in self._by_touchpoint(spend[None]))
        return float(closed.sum(axis=1).mean()), self.rate.slopes_in_spend(slopes, spend)

    def take(self, draws: slice | NDArray[np.intp]) -> "HurdleMarket":
        """Keep some of the draws."""
        return HurdleMarket(self.rate.take(draws), self.log_odds[draws], self.slope[draws])


MARKET_RESPONSES: dict[str, type[JourneyMarket] | type[PoissonMarket] | type[HurdleMarket]] = {
    "journey": JourneyMarket,
    "poisson": PoissonMarket,
    "hurdle": HurdleMarket,
}


@cache
def _columns_of(keys: tuple[tuple[str, str], ...], markets: tuple[str, ...]) -> dict[str, NDArray[np.intp]]:
    """Return the positions of each market's touchpoints: asked for with every plan, on ever other draws."""
    return {
        market: np.array([n for n, key in enumerate(keys) if key[0] == market], dtype=np.intp)
        for market in markets
    }


@dataclass(frozen=True, eq=False)
class Response:
    """Expected conversions per period at reference conditions for budgets, per posterior draw.

    Attributes
    ----------
    keys
        (market, touchpoint) of the n paid touchpoints: the order of the plan axis.
    mean_spend, max_spend_seen : array (n,)
        Mean and largest spend per period of the fitted periods.
    markets
        Names of the markets.
    draw_count
        Number S of posterior draws.
    """

    keys: tuple[tuple[str, str], ...]
    mean_spend: Array
    max_spend_seen: Array
    draw_count: int
    parts: tuple[tuple[str, MarketResponse], ...]

    @classmethod
    def from_frames(cls, model: str, draws: pd.DataFrame, constants: pd.DataFrame) -> "Response":
        """Rebuild the response of a model from its tables.

        Parameters
        ----------
        model
            Name of the model; rows of other models are passed over.
        draws
            Columns model, chain, draw, parameter, market, touchpoint, related_touchpoint, value.
        constants
            Columns model, market, touchpoint, constant, value.
        """
        if model not in MARKET_RESPONSES:
            raise SettingsError(f"There is no model {model!r}; choose from {', '.join(MARKET_RESPONSES)}")
        own = constants[constants["model"] == model]
        known = own.pivot_table(
            index=["market", "touchpoint"], columns="constant", values="value"
        ).sort_index()
        tables = DrawTable.by_market(draws[draws["model"] == model])
        if not tables:
            raise InputError(f"There are no posterior draws of model {model!r}; fit it first")
        keys = tuple((str(market), str(touchpoint)) for market, touchpoint in known.index)
        parts = []
        for market, table in tables.items():
            mine = known[known.index.get_level_values("market") == market]
            paid = [touchpoint for name, touchpoint in keys if name == market]
            values = {str(name): mine[name].to_numpy(np.float64) for name in mine.columns}
            parts.append((market, MARKET_RESPONSES[model].from_table(table, paid, values)))
        mean, largest = (known[name].to_numpy(np.float64) for name in ("mean_spend", "max_spend_seen"))
        return cls(keys, mean, largest, next(iter(tables.values())).count, tuple(parts))

    @property
    def markets(self) -> tuple[str, ...]:
        """Names of the markets, the order of the last axis of `conversions_by_market`."""
        return tuple(market for market, _ in self.parts)

    @property
    def _columns(self) -> dict[str, NDArray[np.intp]]:
        """Positions of each market's touchpoints in a plan."""
        return _columns_of(self.keys, self.markets)

    def _relative(self, plans: Array) -> Array:
        plans = np.asarray(plans, dtype=np.float64)
        if plans.shape[-1] != len(self.keys):
            raise InputError(
                f"A plan has {plans.shape[-1]} values; the response has {len(self.keys)} touchpoints"
            )
        return plans / self.mean_spend

    def conversions_by_market(self, plans: Array, draws: Draws = None) -> Array:
        """Evaluate plans: expected conversions per period by market.

        Parameters
        ----------
        plans : array (B, n)
            Spend per period, money.
        draws
            Which posterior draws to use; None for all S.

        Returns
        -------
        array (S, B, M)
        """
        spend, chosen = self._relative(plans), self if draws is None else self.take(draws)

        def evaluated(named: tuple[str, MarketResponse]) -> Array:
            market, part = named
            return part.conversions(np.ascontiguousarray(spend[:, self._columns[market]]))

        return np.stack(chosen._by_market(evaluated, len(spend)), axis=2)

    def conversions(self, plans: Array, draws: Draws = None) -> Array:
        """Sum over the markets, (S, B): see `conversions_by_market`."""
        total: Array = self.conversions_by_market(plans, draws).sum(axis=2)
        return total

    def mean_and_gradient(self, plan: Array, draws: Draws = None) -> tuple[float, Array]:
        """Average one plan (n,) over the draws: expected conversions per period, and gradient (n,)."""
        spend, chosen = self._relative(plan), self if draws is None else self.take(draws)

        def evaluated(named: tuple[str, MarketResponse]) -> tuple[float, Array]:
            market, part = named
            return part.mean_and_gradient(spend[self._columns[market]])

        total, gradient = 0.0, np.zeros(len(self.keys))
        found = chosen._by_market(evaluated, 1)
        for (value, slopes), columns in zip(found, self._columns.values(), strict=True):
            total += value
            gradient[columns] = slopes / self.mean_spend[columns]
        return total, gradient

    def _by_market(self, evaluated: Callable[[tuple[str, MarketResponse]], T], plans: int) -> list[T]:
        """Evaluate the markets, side by side where there is enough to do."""
        if self.draw_count * plans < WORTH_A_THREAD:
            return [evaluated(part) for part in self.parts]
        return side_by_side(evaluated, self.parts)

    def take(self, draws: slice | NDArray[np.intp]) -> "Response":
        """Keep some of the posterior draws."""
        parts = tuple((market, part.take(draws)) for market, part in self.parts)
        count = len(np.arange(self.draw_count)[draws])
        return Response(self.keys, self.mean_spend, self.max_spend_seen, count, parts)

    def thin(self, draws: int) -> "Response":
        """Keep `draws` posterior draws at even distances, or all where there are fewer."""
        kept = min(draws, self.draw_count)
        return self.take(np.arange(kept) * self.draw_count // kept)
