"""The network's sufficient statistics: what the models see of a market."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeAlias

import numpy as np
import pandas as pd

from conversionflow.core.errors import InputError
from conversionflow.estimation.controls import build_controls, calendar
from conversionflow.estimation.types import CONVERSION, NULL, Array, Experiment, Mask

#: Fewer periods than this cannot tell a response to spend from season and noise.
MINIMUM_PERIODS = 20
#: Labels along each axis, by column.
Axes: TypeAlias = Mapping[str, Sequence[str] | pd.DatetimeIndex]
MEASURES = ("spend", "entries", "touches", "conversions")


@dataclass(frozen=True)
class NetworkData:
    """Sufficient statistics of the network of touchpoints, keyed by name.

    Attributes
    ----------
    markets, touchpoints, periods
        Names of the axes, of lengths M, K and T; `periods` holds each period's first day.
    spend, entries, touches, conversions : array (M, K, T)
        Money spent, journeys begun, visits by closed journeys, and conversions that closed at the touchpoint;
        touches and conversions count in the period of the (departing) touch.
    moves : array (M, K, K, T)
        Moves from the second axis' touchpoint to the third's, in the period of the departing touch.
    controls : array (M, T, P)
        Standardised trend, season, public holidays and level of spend, named by `control_names`.
    notes
        What the user should know about the data.
    experiments
        Measured lifts of paid touchpoints (`conversionflow.estimation.experiments`).
    """

    markets: tuple[str, ...]
    touchpoints: tuple[str, ...]
    periods: tuple[date, ...]
    spend: Array
    entries: Array
    touches: Array
    conversions: Array
    moves: Array
    controls: Array
    control_names: tuple[str, ...]
    notes: tuple[str, ...] = ()
    experiments: tuple[Experiment, ...] = ()

    def __post_init__(self) -> None:
        for name in (*MEASURES, "moves"):
            if not (np.isfinite(getattr(self, name)).all() and (getattr(self, name) >= 0).all()):
                raise InputError(
                    f"{name} has a negative or missing value; it must be 0 or more in every period"
                )
        if not self.active.any():
            raise InputError("No touchpoint has a touch in a closed journey: there is no network to fit")
        self._check_conservation()

    def _check_conservation(self) -> None:
        worst = np.unravel_index(np.argmin(self.nulls), self.nulls.shape)
        if self.nulls[worst] < 0:
            raise InputError(
                f"More moves and conversions than touches at {self.touchpoints[worst[1]]!r} in market "
                f"{self.markets[worst[0]]!r}, period {self.periods[worst[2]]}: "
                f"{-self.nulls[worst]:.0f} too many; moves must count in the period of the departing touch"
            )

    @property
    def shortness(self) -> str:
        """Say why the history tells no response to spend; nothing where it is long enough."""
        if len(self.periods) >= MINIMUM_PERIODS:
            return ""
        return (
            f"A response to spend takes at least {MINIMUM_PERIODS} periods and the data have "
            f"{len(self.periods)}: bring more history or choose a shorter period"
        )

    @property
    def nulls(self) -> Array:
        """Visits after which the journey was lost, (M, K, T)."""
        nulls: Array = self.touches - self.moves.sum(axis=2) - self.conversions
        return nulls

    @property
    def active(self) -> Mask:
        """Touchpoints that occur in the market's journeys, (M, K)."""
        active: Mask = self.touches.sum(axis=2) > 0
        return active

    @property
    def paid(self) -> Mask:
        """Touchpoints in the network that have any spend, (M, K)."""
        paid: Mask = self.active & (self.spend.sum(axis=2) > 0)
        return paid

    @property
    def untracked(self) -> tuple[tuple[str, str], ...]:
        """(market, touchpoint) with spend but no touch: left out of the models."""
        lonely = ~self.active & (self.spend.sum(axis=2) > 0)
        return tuple((self.markets[m], self.touchpoints[k]) for m, k in np.argwhere(lonely))

    def first(self, count: int) -> "NetworkData":
        """Keep the first periods; the controls stay standardised over all."""
        cut = {name: getattr(self, name)[..., :count] for name in (*MEASURES, "moves")}
        return replace(self, periods=self.periods[:count], controls=self.controls[:, :count], **cut)

    @classmethod
    def from_frames(
        cls,
        touchpoint_periods: pd.DataFrame,
        transition_periods: pd.DataFrame,
        *,
        period: str,
        holidays: pd.DataFrame | None = None,
    ) -> "NetworkData":
        """Build the statistics from long period tables; rows that are missing count as 0.

        Parameters
        ----------
        touchpoint_periods
            Columns period_start, market, touchpoint, spend, entries, touches, conversions.
        transition_periods
            Columns period_start, market, touchpoint_from, touchpoint_to, transitions.
        period
            day, week or month: the step between two values of period_start.
        holidays
            Columns market, holiday_date; None takes those of the country a market is named after.

        Raises
        ------
        InputError
            No rows, a date off the calendar, an unknown touchpoint, a negative or missing value,
            or more transitions than touches.
        """
        if touchpoint_periods.empty:
            raise InputError("touchpoint_periods has no rows: there is nothing to fit")
        moves = transition_periods.loc[~transition_periods["touchpoint_to"].isin((CONVERSION, NULL))]
        stamps = pd.to_datetime(touchpoint_periods["period_start"])
        starts = calendar(stamps.min(), stamps.max(), period)
        markets = _names(touchpoint_periods["market"])
        touchpoints = _names(touchpoint_periods["touchpoint"])
        axes: Axes = {"market": markets, "touchpoint": touchpoints, "period_start": starts}
        spend, entries, touches, conversions = (_dense(touchpoint_periods, axes, name) for name in MEASURES)
        names, controls, notes = build_controls(starts, period, markets, holidays, spend)
        return cls(
            markets=markets,
            touchpoints=touchpoints,
            periods=tuple(start.date() for start in starts),
            spend=spend,
            entries=entries,
            touches=touches,
            conversions=conversions,
            moves=_dense(
                moves,
                {
                    "market": markets,
                    "touchpoint_from": touchpoints,
                    "touchpoint_to": touchpoints,
                    "period_start": starts,
                },
                "transitions",
            ),
            controls=controls,
            control_names=names,
            notes=notes,
        )


def _names(column: pd.Series) -> tuple[str, ...]:
    return tuple(sorted(map(str, column.unique())))


def _dense(frame: pd.DataFrame, axes: Axes, value: str) -> Array:
    """Sum a long frame's `value` into an array with one axis per entry of `axes`."""
    positions = []
    for column, labels in axes.items():
        index = pd.Index(labels)
        wanted = pd.to_datetime(frame[column]) if column == "period_start" else frame[column].astype(str)
        position = index.get_indexer(pd.Index(wanted))
        if (position < 0).any():
            stray = wanted.to_numpy()[position < 0][0]
            raise InputError(f"{column} {stray!s} beside {value} is not among the {len(index)} known ones")
        positions.append(position)
    dense = np.zeros([len(labels) for labels in axes.values()])
    np.add.at(dense, tuple(positions), frame[value].to_numpy(dtype=np.float64))
    return dense
