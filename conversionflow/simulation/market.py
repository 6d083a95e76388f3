"""One simulated market: touchpoints with their true parameters, spend history and weekly conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import pandas as pd

from conversionflow.simulation.network import Network
from conversionflow.simulation.response import Array, Response, Responses

START, CONVERSION, NULL = "(start)", "(conversion)", "(null)"


@dataclass(frozen=True)
class Touchpoint:
    """One node of a market's network.

    Parameters
    ----------
    name : str
    interaction : str
        ``impression``, ``click`` or ``visit``.
    campaigns : dict of str to float
        Share of touches by campaign; empty for an organic touchpoint.
    entries : float
        Journeys that begin here per week at mean spend and neutral conditions.
    entry_response, pull, convert_response : Response
        Effect of this touchpoint's spend on its entries, on moves to it, and on its chance to convert.
    moves : dict of str to float
        Chance of each touchpoint to be next, at mean spend.
    converts : float
        Chance that the conversion is next, at mean spend.
    spend_cents : tuple of int
        Spend of each week, in cents; empty for an organic touchpoint.
    cost_per_mille : float
        Price of a thousand impressions.
    click_through_rate : float
        Clicks per impression.
    """

    name: str
    interaction: str
    campaigns: dict[str, float]
    entries: float
    entry_response: Response
    pull: Response
    convert_response: Response
    moves: dict[str, float]
    converts: float
    spend_cents: tuple[int, ...]
    cost_per_mille: float
    click_through_rate: float

    @property
    def paid(self) -> bool:
        """Whether money is spent here."""
        return bool(self.spend_cents)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Rebuild from what ``dataclasses.asdict`` gave, lists in place of tuples allowed."""
        responses = {key: Response(**values[key]) for key in ("entry_response", "pull", "convert_response")}
        return cls(**{**values, **responses, "spend_cents": tuple(values["spend_cents"])})


@dataclass(frozen=True)
class Market:
    """One market: its touchpoints and the conditions of each week.

    Parameters
    ----------
    name : str
    touchpoints : tuple of Touchpoint
    conditions : tuple of float
        Factor on all entries in each week: demand, season, holidays and trend together.
    entry_dispersion : float
        Size of the negative binomial counts of entries: variance is mean + mean**2 / size.
    order_value : float
        Mean revenue of a conversion.
    """

    name: str
    touchpoints: tuple[Touchpoint, ...]
    conditions: tuple[float, ...]
    entry_dispersion: float
    order_value: float

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Rebuild from what ``dataclasses.asdict`` gave, lists in place of tuples allowed."""
        touchpoints = tuple(Touchpoint.from_dict(touchpoint) for touchpoint in values["touchpoints"])
        return cls(**{**values, "touchpoints": touchpoints, "conditions": tuple(values["conditions"])})

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the touchpoints, in the order of every array of this market."""
        return tuple(touchpoint.name for touchpoint in self.touchpoints)

    @cached_property
    def paid(self) -> dict[str, Touchpoint]:
        """The paid touchpoints by name."""
        return {touchpoint.name: touchpoint for touchpoint in self.touchpoints if touchpoint.paid}

    @cached_property
    def network(self) -> Network:
        """The market's chain as arrays."""
        return Network(
            entries=np.array([t.entries for t in self.touchpoints]),
            moves=np.array([[t.moves[name] for name in self.names] for t in self.touchpoints]),
            converts=np.array([t.converts for t in self.touchpoints]),
            entry_responses=Responses([t.entry_response for t in self.touchpoints]),
            pulls=Responses([t.pull for t in self.touchpoints]),
            convert_responses=Responses([t.convert_response for t in self.touchpoints]),
        )

    def mean_spend(self, touchpoint: str, weeks: slice = slice(None)) -> float:
        """Mean spend per week of a paid touchpoint, in money."""
        return float(np.mean(self.paid[touchpoint].spend_cents[weeks])) / 100.0

    def ratios(self, spend: Mapping[str, float]) -> Array:
        """Spend over its mean by touchpoint, (K,), from weekly spend by paid touchpoint's name."""
        return np.array([spend[n] / self.mean_spend(n) if n in self.paid else 1.0 for n in self.names])

    @cached_property
    def weekly_ratios(self) -> Array:
        """Spend over its mean in each week, (weeks, K); 1 for organic touchpoints."""
        ratios = np.ones((len(self.conditions), len(self.names)))
        for column, touchpoint in enumerate(self.touchpoints):
            if touchpoint.paid:
                spend = np.array(touchpoint.spend_cents, dtype=np.float64)
                ratios[:, column] = spend / spend.mean()
        return ratios

    def reference(self, weeks: slice) -> float:
        """Mean conditions over some weeks."""
        return float(np.mean(self.conditions[weeks]))

    def matrix(self, ratio: Array) -> pd.DataFrame:
        """Square stochastic matrix over all states, from row to column, at one spend ratio vector (K,)."""
        states = [START, *self.names, CONVERSION, NULL]
        rates = self.network.entry_rates(ratio)
        values = np.eye(len(states))
        values[0] = [0.0, *(rates / rates.sum()), 0.0, 0.0]
        values[1:-2, 0] = 0.0
        values[1:-2, 1:] = self.network.steps(ratio)
        return pd.DataFrame(values, index=states, columns=states)
