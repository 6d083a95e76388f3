"""The simulator's way out: raw tables, chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from conversionflow.core.errors import SettingsError
from conversionflow.simulation.columns import MONEY, identifiers, looked_up, money, repeated, timestamps
from conversionflow.simulation.dirt import Dirt
from conversionflow.simulation.journeys import Records, weekly_events
from conversionflow.simulation.ledgers import Sales, spend_table
from conversionflow.simulation.streams import generator
from conversionflow.simulation.world import World

Chunk = dict[str, pa.Table]

CONVERSION_TYPE = "purchase"
TOUCH_FLAWS: list[dict[str, Any]] = [
    {"customer_id": None},
    {"channel": ""},
    {"touched_at": None},
    {"touched_at": datetime(2099, 1, 1)},
]
CONVERSION_FLAWS: list[dict[str, Any]] = [{"revenue": Decimal("-19.90"), "customer_id": "c999999999999"}]
"""The customer is one without any valid event that the row could disturb."""


def simulate(world: World, chunk_events: int = 1_000_000) -> Iterator[Chunk]:
    """Draw the raw tables of a world.

    Parameters
    ----------
    world : World
    chunk_events : int
        A chunk is whole weeks and ends with the week that brings it to this many rows. The rows and their
        order do not depend on it.

    Yields
    ------
    dict of str to pyarrow.Table
        Rows to append to each raw table: ``touches`` and ``conversions``, then ``spend`` and ``sales`` once.

    Raises
    ------
    SettingsError
        If `chunk_events` is not positive.
    """
    if chunk_events < 1:
        raise SettingsError(f"A chunk must hold at least one event; chunk_events is {chunk_events}.")
    return _chunks(world, chunk_events)


def _chunks(world: World, chunk_events: int) -> Iterator[Chunk]:
    sales = Sales(world)
    waiting: list[Chunk] = []
    for week in _weeks(world, sales):
        waiting.append(week)
        if sum(table.num_rows for part in waiting for table in part.values()) >= chunk_events:
            yield _joined(waiting)
            waiting = []
    if waiting:
        yield _joined(waiting)
    yield {"spend": spend_table(world), "sales": sales.table()}


def _joined(parts: list[Chunk]) -> Chunk:
    return {name: pa.concat_tables([part[name] for part in parts]) for name in parts[0]}


def _weeks(world: World, sales: Sales) -> Iterator[Chunk]:
    """Make the rows that arrive in each week, flaws included."""
    last_week = world.weeks - 1
    touch_dirt = Dirt(_TouchRows(world).table, "touch_id", "t", TOUCH_FLAWS, last_week)
    to_conversions = _ConversionRows(world).table
    conversion_dirt = Dirt(to_conversions, "conversion_id", "k", CONVERSION_FLAWS, last_week, most_invalid=1)
    for week, (touches, conversions) in enumerate(weekly_events(world)):
        sales.add(conversions)
        rng = generator(world.seed, "dirt", week)
        yield {
            "touches": touch_dirt.apply(week, touches, rng),
            "conversions": conversion_dirt.apply(week, conversions, rng),
        }


class _TouchRows:
    """Rows of ``touches``."""

    def __init__(self, world: World) -> None:
        self._first_day = world.first_day
        labels = [
            (market.name, touchpoint.name, campaign, touchpoint.interaction)
            for market in world.markets
            for touchpoint in market.touchpoints
            for campaign in touchpoint.campaigns or [None]
        ]
        self._market, self._channel, self._campaign, self._interaction = map(list, zip(*labels, strict=True))

    def table(self, touches: Records) -> pa.Table:
        """Arrow rows of touches in the given order."""
        label = touches["label"]
        return pa.table(
            {
                "touch_id": identifiers("t", touches["number"]),
                "customer_id": identifiers("c", touches["customer"]),
                "touched_at": timestamps(self._first_day, touches["time"]),
                "channel": looked_up(self._channel, label),
                "campaign": looked_up(self._campaign, label),
                "market": looked_up(self._market, label),
                "interaction": looked_up(self._interaction, label),
                "cost": pa.nulls(len(touches), MONEY),
            }
        )


class _ConversionRows:
    """Rows of ``conversions``."""

    def __init__(self, world: World) -> None:
        self._first_day = world.first_day
        self._markets: list[str | None] = [market.name for market in world.markets]

    def table(self, conversions: Records) -> pa.Table:
        """Arrow rows of conversions in the given order."""
        return pa.table(
            {
                "conversion_id": identifiers("k", conversions["number"]),
                "customer_id": identifiers("c", conversions["customer"]),
                "converted_at": timestamps(self._first_day, conversions["time"]),
                "revenue": money(conversions["cents"]),
                "conversion_type": repeated(CONVERSION_TYPE, len(conversions)),
                "market": looked_up(self._markets, conversions["market"]),
            }
        )
