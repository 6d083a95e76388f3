"""The demo's world: markets whose truth is known, and the exact answers that follow from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Self

import numpy as np
import pandas as pd

from conversionflow.core.errors import InputError
from conversionflow.simulation.market import Market
from conversionflow.simulation.optimum import maximise
from conversionflow.simulation.response import Array

CURRENT_WEEKS = slice(-13, None)
"""Today's plan is the mean of these weeks."""

REFERENCE_WEEKS = slice(-19, -6)
"""Weeks whose demand, season, holidays and trend stand for now: the last 13 that a model sees complete."""

Plan = Mapping[tuple[str, str], float]


@dataclass(frozen=True)
class World:
    """The demo's markets with everything that makes their events.

    Parameters
    ----------
    seed : int
        Seed of the events.
    first_day : date
        Monday of the first week.
    markets : tuple of Market
    """

    seed: int
    first_day: date
    markets: tuple[Market, ...]

    @property
    def weeks(self) -> int:
        """Length of the history in weeks."""
        return len(self.markets[0].conditions)

    def market(self, name: str) -> Market:
        """Look a market up by name; KeyError if there is none."""
        return {market.name: market for market in self.markets}[name]

    def to_json(self) -> str:
        """Write JSON text that `from_json` turns into an equal world."""
        return json.dumps({**asdict(self), "first_day": self.first_day.isoformat()})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Rebuild a world from `to_json`."""
        values = json.loads(text)
        markets = tuple(Market.from_dict(market) for market in values["markets"])
        return cls(values["seed"], date.fromisoformat(values["first_day"]), markets)

    def current_plan(self, weeks: slice = CURRENT_WEEKS) -> dict[tuple[str, str], float]:
        """Give the mean weekly spend over the last 13 (or other) weeks, keyed by (market, touchpoint)."""
        return {(m.name, name): m.mean_spend(name, weeks) for m in self.markets for name in m.paid}

    def expected_conversions_by_market(self, spend: Plan, weeks: slice = REFERENCE_WEEKS) -> dict[str, float]:
        """Give the expected tracked conversions per week in each market under lasting spend.

        Parameters
        ----------
        spend : mapping of (market, touchpoint) to float
            Money per week, one entry for every paid touchpoint.
        weeks : slice
            Weeks whose mean conditions apply.

        Returns
        -------
        dict of str to float
            ``e(b)' (I - Q(b))^-1 r(b)``; conversions without any touch are not counted.

        Raises
        ------
        InputError
            If the plan lacks a paid touchpoint, names an unknown one, or holds a negative or infinite amount.
        """
        ratios = self._ratios(spend)
        return {
            m.name: m.reference(weeks) * float(m.network.conversions(ratios[m.name])) for m in self.markets
        }

    def expected_conversions(self, spend: Plan, weeks: slice = REFERENCE_WEEKS) -> float:
        """Give those of all markets together: see `expected_conversions_by_market`."""
        return sum(self.expected_conversions_by_market(spend, weeks).values())

    def marginal_conversions(
        self, spend: Plan, weeks: slice = REFERENCE_WEEKS
    ) -> dict[tuple[str, str], float]:
        """Differentiate `expected_conversions`: conversions per unit of money, by (market, touchpoint)."""
        ratios = self._ratios(spend)
        marginal: dict[tuple[str, str], float] = {}
        for m in self.markets:
            slopes = m.reference(weeks) * m.network.gradient(ratios[m.name])
            by_name = dict(zip(m.names, slopes, strict=True))
            marginal |= {(m.name, name): float(by_name[name]) / m.mean_spend(name) for name in m.paid}
        return marginal

    def transition_matrix(self, market: str, spend: Mapping[str, float] | None = None) -> pd.DataFrame:
        """Give the transition probabilities of a market, from row to column, named as in the warehouse.

        Parameters
        ----------
        market : str
        spend : mapping of str to float, optional
            Weekly spend of each paid touchpoint; the mean over all weeks by default.
        """
        chosen = self.market(market)
        return chosen.matrix(np.ones(len(chosen.names)) if spend is None else chosen.ratios(spend))

    def best_plan(
        self, total: float | None = None, min_ratio: float = 0.5, max_ratio: float = 2.0
    ) -> dict[tuple[str, str], float]:
        """Find the plan with the most expected conversions at a total, each spend within ratios of today's.

        Parameters
        ----------
        total : float, optional
            Money per week over all markets; today's by default.
        min_ratio, max_ratio : float
            Bounds of each spend relative to today's.

        Raises
        ------
        InfeasibleBudgetError
            If the bounds leave no plan with that total.
        """
        current = self.current_plan()
        keys, money = list(current), np.array(list(current.values()))
        best = maximise(
            value=lambda spend: self.expected_conversions(dict(zip(keys, spend, strict=True))),
            gradient=lambda spend: np.array(
                list(self.marginal_conversions(dict(zip(keys, spend, strict=True))).values())
            ),
            low=min_ratio * money,
            high=max_ratio * money,
            total=float(money.sum()) if total is None else total,
        )
        return {key: float(spend) for key, spend in zip(keys, best, strict=True)}

    def _ratios(self, spend: Plan) -> dict[str, Array]:
        """Spend ratios by market, after a check of the plan's keys and amounts."""
        expected = {(m.name, name) for m in self.markets for name in m.paid}
        if set(spend) != expected:
            raise InputError(
                f"The plan's keys differ from the paid touchpoints at {sorted(set(spend) ^ expected)}."
            )
        wrong = [key for key, money in spend.items() if not 0.0 <= money < np.inf]
        if wrong:
            raise InputError(f"Spend must be finite and not negative; it is not at {sorted(wrong)}.")
        return {m.name: m.ratios({name: spend[m.name, name] for name in m.paid}) for m in self.markets}
