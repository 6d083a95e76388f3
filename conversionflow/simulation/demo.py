"""The demo's world: Italy and Spain, ten touchpoints, two years."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np

from conversionflow.core.errors import SettingsError
from conversionflow.simulation.blueprints import BLUEPRINTS, COUNTRIES
from conversionflow.simulation.history import demand, holiday_days, season, weekly_spend
from conversionflow.simulation.market import Market, Touchpoint
from conversionflow.simulation.response import Array
from conversionflow.simulation.streams import generator
from conversionflow.simulation.world import World

FIRST_DAY = date(2024, 1, 1)
WEEKS = 104
EVENTS_RANGE = (1_000, 100_000_000)
CONVERSIONS_WITHOUT_TOUCH = 0.02
"""Share of conversions of people whom no touch was recorded for."""

SPEND_PER_EVENT = 0.7
"""Money spent for each expected row of touches and conversions."""

ENTRY_DISPERSION = 120.0
"""Size of the negative binomial counts of entries."""

JITTER = 0.12
"""Standard deviation in logs by which every seed's and market's parameters differ from the blueprints."""


def demo_world(events: int = 300_000, seed: int = 1) -> World:
    """Draw the demo's world.

    Parameters
    ----------
    events : int
        Expected rows of touches and conversions together, 1 thousand to 100 million. Entries and spend are
        proportional to it and nothing else is, so the best plan's shares do not depend on it.
    seed : int
        Not negative; every seed is another history of two somewhat different markets.

    Returns
    -------
    World

    Raises
    ------
    SettingsError
        If `events` or `seed` is out of range.
    """
    low, high = EVENTS_RANGE
    if not low <= events <= high:
        raise SettingsError(f"The number of events must be between {low:,} and {high:,}; it is {events:,}.")
    if seed < 0:
        raise SettingsError(f"The seed must not be negative; it is {seed}.")
    money = SPEND_PER_EVENT * events / WEEKS
    weights = sum(country.size * sum(_spend_weights(name).values()) for name, country in COUNTRIES.items())
    markets = [_market(name, money / weights, generator(seed, "market", name)) for name in COUNTRIES]
    scale = events / sum(map(_expected_rows, markets))
    return World(seed, FIRST_DAY, tuple(_scaled(market, scale) for market in markets))


def _spend_weights(market: str) -> dict[str, float]:
    """Look up the relative spend of a market's paid touchpoints."""
    return {name: plan.spend[market] for name, plan in BLUEPRINTS.items() if plan.campaigns}


def _market(name: str, unit: float, rng: np.random.Generator) -> Market:
    """Draw a market with entries still relative; `unit` is the weekly money for a weight of 1."""
    country = COUNTRIES[name]
    season_factor = season(FIRST_DAY, WEEKS, country.swing, country.christmas)
    calm = (1.0 - country.holiday_loss) ** holiday_days(country.code, FIRST_DAY, WEEKS)
    trend = (1.0 + country.growth) ** (np.arange(WEEKS) / 52.0)
    conditions = demand(WEEKS, rng) * season_factor * calm * trend
    spend = {key: country.size * unit * weight for key, weight in _spend_weights(name).items()}
    touchpoints = tuple(
        replace(
            _touchpoint(key, country.size, rng),
            spend_cents=_spend_cents(spend[key], season_factor, plan.dark, rng) if key in spend else (),
        )
        for key, plan in BLUEPRINTS.items()
    )
    return Market(name, touchpoints, tuple(conditions.tolist()), ENTRY_DISPERSION, country.order_value)


def _spend_cents(mean: float, season_factor: Array, dark: bool, rng: np.random.Generator) -> tuple[int, ...]:
    """Draw a history of spend about a mean in money."""
    level = 100.0 * mean * _jitter(rng)
    return tuple(round(level * amount) for amount in weekly_spend(season_factor, dark, rng))


def _touchpoint(name: str, size: float, rng: np.random.Generator) -> Touchpoint:
    """Vary a blueprint at random and give it moves; it has no spend yet."""
    plan = BLUEPRINTS[name]
    split = rng.uniform(0.4, 0.7)
    return Touchpoint(
        name=name,
        interaction=plan.interaction,
        campaigns=dict(zip(plan.campaigns, (split, 1.0 - split), strict=True)) if plan.campaigns else {},
        entries=plan.entries * size * _jitter(rng),
        entry_response=replace(plan.entry_response, saturation=plan.entry_response.saturation * _jitter(rng)),
        pull=plan.pull,
        convert_response=plan.convert_response,
        moves=_moves(name, rng),
        converts=plan.converts * _jitter(rng),
        spend_cents=(),
        cost_per_mille=plan.cost_per_mille,
        click_through_rate=plan.click_through_rate,
    )


def _moves(name: str, rng: np.random.Generator) -> dict[str, float]:
    """Draw the chances of the next touchpoint: the repeat as planned, the rest about the destinations'."""
    plan = BLUEPRINTS[name]
    others = {key: blueprint.draw * _jitter(rng, 3.0) for key, blueprint in BLUEPRINTS.items() if key != name}
    share = (plan.onward - plan.repeats) / sum(others.values())
    return {key: plan.repeats if key == name else share * others[key] for key in BLUEPRINTS}


def _jitter(rng: np.random.Generator, times: float = 1.0) -> float:
    """Draw a lognormal factor with median 1."""
    return float(np.exp(times * JITTER * rng.standard_normal()))


def _expected_rows(market: Market) -> float:
    """Count the touches and conversions expected in the whole history, were each week's spend to last."""
    network, ratios = market.network, market.weekly_ratios
    conversions = network.conversions(ratios) / (1.0 - CONVERSIONS_WITHOUT_TOUCH)
    return float(np.sum(np.array(market.conditions) * (network.visits(ratios).sum(axis=-1) + conversions)))


def _scaled(market: Market, scale: float) -> Market:
    """Multiply all entries of a market."""
    touchpoints = tuple(replace(t, entries=scale * t.entries) for t in market.touchpoints)
    return replace(market, touchpoints=touchpoints)
