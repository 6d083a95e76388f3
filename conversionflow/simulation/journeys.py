"""Journeys drawn week by week: a Markov walk, all journeys of a market's week at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from conversionflow.simulation.demo import CONVERSIONS_WITHOUT_TOUCH
from conversionflow.simulation.market import Market
from conversionflow.simulation.response import Array
from conversionflow.simulation.streams import generator
from conversionflow.simulation.world import World

DAY = 86_400
WEEK = 7 * DAY
BURN_IN_WEEKS = 8
"""Weeks drawn before the first one, so that journeys are under way when the history begins."""

GAP_MEDIAN_DAYS, GAP_SIGMA, LONGEST_GAP_DAYS = 1.5, 0.9, 20.0
LONGEST_DELAY_DAYS = 3.0
ORDER_SIGMA = 0.6
"""Standard deviation of the log order value."""

RETURN_SHARE = 0.15
RETURN_WEEKS = 12
"""A returning customer's next journey starts this many weeks later, give or take less than one."""

LONGEST_JOURNEY_TO_RETURN = 40 * DAY
"""Who took longer does not return, so that at least 37 days lie between two journeys."""

Records = NDArray[np.void]
Integers = NDArray[np.int64]

_EVENT = [("number", np.int64), ("time", np.int64), ("customer", np.int64)]
TOUCH = np.dtype([*_EVENT, ("label", np.int64)])
CONVERSION = np.dtype([*_EVENT, ("market", np.int64), ("cents", np.int64)])


def weekly_events(world: World) -> Iterator[tuple[Records, Records]]:
    """Draw the touches and conversions of each week of the history.

    Yields
    ------
    touches : array of TOUCH
    conversions : array of CONVERSION
        Both in time order and numbered from 0 through all weeks. Times are seconds since the first day;
        `label` counts the pairs of touchpoint and campaign through all markets in the world's order, `market`
        the markets. What happened before the first or after the last day is left out.
    """
    walks = [_Walk(world, number) for number in range(len(world.markets))]
    pools: dict[tuple[str, int], Integers] = {}
    touches, conversions = _Pending(TOUCH), _Pending(CONVERSION)
    for week in range(-BURN_IN_WEEKS, world.weeks):
        for walk in walks:
            pool = pools.pop((walk.market.name, week - RETURN_WEEKS), np.empty(0, np.int64))
            batch = walk.batch(week, pool)
            pools[walk.market.name, week] = batch.returning
            touches.add(batch.touches)
            conversions.add(batch.conversions)
        due = touches.take_week(week), conversions.take_week(week)
        if week >= 0:
            yield due


class _Pending:
    """Events already drawn that belong to later weeks."""

    def __init__(self, kind: np.dtype[Any]) -> None:
        self._parts: list[Records] = [np.empty(0, kind)]
        self._count = 0

    def add(self, records: Records) -> None:
        """Put new events beside those that wait."""
        self._parts.append(records)

    def take_week(self, week: int) -> Records:
        """Take out what happens until the end of a week, in time order, numbered if the history has begun."""
        records = np.concatenate(self._parts)
        due = records["time"] < (week + 1) * WEEK
        self._parts = [records[~due]]
        taken = _in_time_order(records[due])
        if week >= 0:
            taken["number"] = self._count + np.arange(len(taken))
            self._count += len(taken)
        return taken


def _in_time_order(records: Records) -> Records:
    """Sort by time, ties by place: sorting numbers that hold both is several times faster than argsort."""
    keys = np.sort((records["time"] << 32) | np.arange(len(records)))
    return records.take(keys & 0xFFFFFFFF)


@dataclass(frozen=True, eq=False)
class _Batch:
    """The journeys that began in one market's week; `returning` are customers who may come again."""

    touches: Records
    conversions: Records
    returning: Integers


class _Walk:
    """The walk of one market, with its chances of every week laid out for look-up."""

    def __init__(self, world: World, number: int) -> None:
        self.market: Market = world.markets[number]
        self._seed, self._number, self._markets, self._weeks = (
            world.seed,
            number,
            len(world.markets),
            world.weeks,
        )
        self._first_label = sum(label_count(market) for market in world.markets[:number])
        network, ratios = self.market.network, self.market.weekly_ratios
        self._entries = network.entry_rates(ratios) * np.array(self.market.conditions)[:, None]
        self._states = len(self.market.names)
        self._ladder = _ladder(network.steps(ratios).reshape(-1, self._states + 2))
        self._campaigns = [list(t.campaigns.values()) or [1.0] for t in self.market.touchpoints]
        self._labels = np.concatenate(
            [_ladder(np.array([shares])) + k for k, shares in enumerate(self._campaigns)]
        )

    def batch(self, week: int, pool: Integers) -> _Batch:
        """Draw the journeys that begin in a week, negative before the history; `pool` are who may return."""
        rng = generator(self._seed, "journeys", self.market.name, week + BURN_IN_WEEKS)
        state = self._draw_entries(max(week, 0), rng)
        start = week * WEEK + rng.integers(0, WEEK, len(state))
        first_id = ((week + BURN_IN_WEEKS) * self._markets + self._number) * 10**9
        customer = first_id + np.arange(len(state))
        comes_back = np.flatnonzero(rng.random(len(state)) < RETURN_SHARE)[: len(pool)]
        customer[comes_back] = rng.permutation(pool)[: len(comes_back)]
        time, journey, at, sold_at, buyer = self._follow(state, start, rng)
        touches = _records(TOUCH, time=time, customer=customer[journey], label=self._draw_labels(at, rng))
        untouched = rng.poisson(len(buyer) * CONVERSIONS_WITHOUT_TOUCH / (1.0 - CONVERSIONS_WITHOUT_TOUCH))
        conversions = self._conversions(
            np.concatenate([sold_at, week * WEEK + rng.integers(0, WEEK, untouched)]),
            np.concatenate([customer[buyer], first_id + len(state) + np.arange(untouched)]),
            rng,
        )
        end = start.copy()
        np.maximum.at(end, journey, time)
        end[buyer] = sold_at
        return _Batch(touches, conversions, customer[end - start <= LONGEST_JOURNEY_TO_RETURN])

    def _draw_entries(self, week: int, rng: np.random.Generator) -> Integers:
        """Draw the first touchpoint of every journey: negative binomial counts, mixed Poissons."""
        size = self.market.entry_dispersion
        counts = rng.poisson(self._entries[week] * rng.gamma(size, 1.0 / size, self._states))
        return np.repeat(np.arange(self._states), counts)

    def _follow(self, state: Integers, time: Integers, rng: np.random.Generator) -> tuple[Integers, ...]:
        """Walk all journeys to their end.

        Returns time, journey and state of every touch, then time and journey of every conversion.
        """
        journey = np.arange(len(state))
        touches, sales = [], []
        while True:
            touches.append((time, journey, state))
            if not len(journey):
                break
            follows = self._draw_next(time, state, rng)
            buys = follows == self._states
            sales.append((time[buys] + _delays(int(buys.sum()), rng), journey[buys]))
            goes_on = follows < self._states
            journey, state = journey[goes_on], follows[goes_on]
            time = time[goes_on] + _gaps(len(journey), rng)
            inside = time < self._weeks * WEEK
            time, journey, state = time[inside], journey[inside], state[inside]
        touched = (np.concatenate(column) for column in zip(*touches, strict=True))
        sold = (np.concatenate(column) for column in zip((time, journey), *sales, strict=True))
        return (*touched, *sold)

    def _draw_next(self, time: Integers, state: Integers, rng: np.random.Generator) -> Integers:
        """Draw what follows each touch, by the chances of the week of that touch."""
        week = np.clip(time // WEEK, 0, self._weeks - 1)
        row = week * self._states + state
        step = np.searchsorted(self._ladder, row + rng.random(len(row)), side="right") - row * (
            self._states + 2
        )
        return np.minimum(step, self._states + 1)

    def _draw_labels(self, state: Integers, rng: np.random.Generator) -> Integers:
        """Draw the campaign of each touch and give the label of both."""
        place = np.searchsorted(self._labels, state + rng.random(len(state)), side="right")
        return self._first_label + np.minimum(place, len(self._labels) - 1)

    def _conversions(self, time: Integers, customer: Integers, rng: np.random.Generator) -> Records:
        """Keep the conversions within the history and draw lognormal order values."""
        centre = np.log(self.market.order_value) - 0.5 * ORDER_SIGMA**2
        cents = np.rint(100.0 * rng.lognormal(centre, ORDER_SIGMA, len(time))).astype(np.int64)
        inside = time < self._weeks * WEEK
        market = np.full(len(time), self._number)
        return _records(CONVERSION, time=time, customer=customer, market=market, cents=np.maximum(cents, 1))[
            inside
        ]


def label_count(market: Market) -> int:
    """Count the pairs of touchpoint and campaign of a market, an organic touchpoint being one."""
    return sum(max(len(touchpoint.campaigns), 1) for touchpoint in market.touchpoints)


def _ladder(chances: Array) -> Array:
    """Put the cumulative chances of all rows on one rising scale: row n's lie in [n, n + 1]."""
    rungs = np.cumsum(chances, axis=1)
    rungs[:, -1] = 1.0
    return (rungs + np.arange(len(rungs))[:, None]).ravel()


def _gaps(count: int, rng: np.random.Generator) -> Integers:
    """Draw seconds between touches: a lognormal cut off at the longest gap, by inversion."""
    reach = ndtr(np.log(LONGEST_GAP_DAYS / GAP_MEDIAN_DAYS) / GAP_SIGMA)
    days: Array = GAP_MEDIAN_DAYS * np.exp(GAP_SIGMA * ndtri((1.0 - rng.random(count)) * reach))
    return np.maximum(days * DAY, 1.0).astype(np.int64)


def _delays(count: int, rng: np.random.Generator) -> Integers:
    """Draw seconds from the last touch to the conversion, most of them hours."""
    return 1 + (LONGEST_DELAY_DAYS * DAY * rng.random(count) ** 2).astype(np.int64)


def _records(kind: np.dtype[Any], **columns: NDArray[Any]) -> Records:
    """Make a structured array of its columns."""
    records = np.zeros(len(columns["time"]), kind)
    for name, column in columns.items():
        records[name] = column
    return records
