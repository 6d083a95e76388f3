"""Daily spend by campaign, and all sales of which the tracked ones are a part."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from conversionflow.simulation.columns import dates, looked_up, money, repeated
from conversionflow.simulation.demo import CONVERSIONS_WITHOUT_TOUCH
from conversionflow.simulation.journeys import DAY, ORDER_SIGMA, Integers, Records
from conversionflow.simulation.market import Market, Touchpoint
from conversionflow.simulation.streams import generator
from conversionflow.simulation.world import World

TRACKED_SHARE = 0.05
WEEKDAY_WEIGHTS = np.array([1.10, 1.08, 1.05, 1.02, 1.00, 0.86, 0.89])
DAILY_NOISE = 0.15
PRICE_NOISE = 0.08


class Sales:
    """Tracked orders and revenue per day and market, collected week by week."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._orders = np.zeros((len(world.markets), 7 * world.weeks), dtype=np.int64)
        self._cents = np.zeros_like(self._orders)

    def add(self, conversions: Records) -> None:
        """Count valid conversions."""
        place = (conversions["market"], conversions["time"] // DAY)
        np.add.at(self._orders, place, 1)
        np.add.at(self._cents, place, conversions["cents"])

    def table(self) -> pa.Table:
        """All sales by day and market: those tracked and the many that are not."""
        parts = [self._market_rows(number, market) for number, market in enumerate(self._world.markets)]
        return pa.concat_tables(parts).sort_by([("sales_date", "ascending"), ("market", "ascending")])

    def _market_rows(self, number: int, market: Market) -> pa.Table:
        rng = generator(self._world.seed, "sales", market.name)
        weekly = np.array(market.conditions) * market.network.conversions(market.weekly_ratios)
        tracked = np.repeat(weekly, 7) / 7.0 / (1.0 - CONVERSIONS_WITHOUT_TOUCH)
        others = rng.poisson(tracked * (1.0 / TRACKED_SHARE - 1.0))
        spread = np.expm1(ORDER_SIGMA**2)
        revenue = market.order_value * spread * rng.standard_gamma(others / spread)
        days = np.arange(len(others))
        return pa.table(
            {
                "sales_date": dates(self._world.first_day, days),
                "market": repeated(market.name, len(days)),
                "orders": self._orders[number] + others,
                "revenue": money(self._cents[number] + np.rint(100.0 * revenue).astype(np.int64)),
            }
        )


def spend_table(world: World) -> pa.Table:
    """Spend by day, channel, campaign and market, days without spend left out; one row more is negative.

    The rows of a week add up to the cent to the world's spend of that week.
    """
    parts = [
        _spend_rows(world, market, touchpoint)
        for market in world.markets
        for touchpoint in market.paid.values()
    ]
    rows = pa.concat_tables(parts).sort_by(
        [(key, "ascending") for key in ("spend_date", "market", "channel", "campaign")]
    )
    chosen = int(generator(world.seed, "spend").integers(rows.num_rows))
    wrong = rows.slice(chosen, 1).to_pylist()[0]
    wrong |= {"spend": -wrong["spend"], "impressions": 0, "clicks": 0}
    return pa.concat_tables([rows, pa.Table.from_pylist([wrong], schema=rows.schema)])


def _spend_rows(world: World, market: Market, touchpoint: Touchpoint) -> pa.Table:
    rng = generator(world.seed, "spend", market.name, touchpoint.name)
    campaigns = list(touchpoint.campaigns)
    cents = _split_weeks(touchpoint, rng).ravel()
    day, campaign = np.divmod(np.arange(len(cents)), len(campaigns))
    spent = cents > 0
    cents, day, campaign = cents[spent], day[spent], campaign[spent]
    noise = np.exp(PRICE_NOISE * rng.standard_normal(len(cents)))
    impressions = np.rint(10.0 * cents / touchpoint.cost_per_mille * noise).astype(np.int64)
    return pa.table(
        {
            "spend_date": dates(world.first_day, day),
            "channel": repeated(touchpoint.name, len(day)),
            "campaign": looked_up(campaigns, campaign),
            "market": repeated(market.name, len(day)),
            "spend": money(cents),
            "impressions": impressions,
            "clicks": rng.binomial(impressions, touchpoint.click_through_rate),
        }
    )


def _split_weeks(touchpoint: Touchpoint, rng: np.random.Generator) -> Integers:
    """Split spend into cents by week, weekday and campaign, (weeks, 7 * campaigns), with exact sums."""
    weekly = np.array(touchpoint.spend_cents, dtype=np.float64)
    shares = np.outer(WEEKDAY_WEIGHTS, list(touchpoint.campaigns.values())).ravel()
    weights = shares * np.exp(DAILY_NOISE * rng.standard_normal((len(weekly), len(shares))))
    running = np.cumsum(weights, axis=1)
    totals = np.rint(weekly[:, None] * running / running[:, -1:]).astype(np.int64)
    cents: Integers = np.diff(totals, axis=1, prepend=0)
    return cents
