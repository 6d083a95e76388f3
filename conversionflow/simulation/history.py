"""What happened to the demo's markets week by week: demand, season, holidays, the planners' spend."""

from __future__ import annotations

from datetime import date, timedelta

import holidays
import numpy as np

from conversionflow.simulation.response import Array

WEEKS_PER_YEAR = 365.25 / 7.0
QUARTER = 13
DEMAND_SD = 0.08
DEMAND_PERSISTENCE = 0.6
SPEND_FOLLOWS_SEASON = 0.4
"""Elasticity of the planners' spend to the season; they do not see the demand shock."""

NOISE_SD = 0.25
DRIFT = 0.2
BURST_FACTOR = (1.4, 2.2)


def holiday_days(country: str, first_day: date, weeks: int) -> Array:
    """Count the public holidays of each week, (weeks,).

    Parameters
    ----------
    country : str
        Code known to the ``holidays`` package.
    first_day : date
        First day of the first week.
    weeks : int
    """
    years = range(first_day.year, (first_day + timedelta(weeks=weeks)).year + 1)
    days = holidays.country_holidays(country, years=years)
    offsets = np.array([(day - first_day).days // 7 for day in days])
    inside = offsets[(offsets >= 0) & (offsets < weeks)]
    return np.bincount(inside, minlength=weeks).astype(np.float64)


def season(first_day: date, weeks: int, swing: float, christmas: float) -> Array:
    """Give the yearly factor with a peak before Christmas, (weeks,).

    Parameters
    ----------
    swing : float
        Amplitude of the yearly wave in logs, highest in winter.
    christmas : float
        Height of the peak in logs, centred on the week of 10 December.
    """
    starts = [first_day + timedelta(weeks=week) for week in range(weeks)]
    year_week = np.array([(start - date(start.year, 1, 1)).days / 7.0 for start in starts])
    wave = swing * np.cos(2.0 * np.pi * year_week / WEEKS_PER_YEAR)
    peak = christmas * np.exp(-0.5 * ((year_week - 48.5) / 1.5) ** 2)
    return np.exp(wave + peak)


def demand(weeks: int, rng: np.random.Generator) -> Array:
    """Draw the shared demand shock: exponential of a stationary AR(1) with mean factor 1, (weeks,)."""
    shocks = rng.standard_normal(weeks)
    level = np.empty(weeks)
    level[0] = shocks[0]
    innovation = np.sqrt(1.0 - DEMAND_PERSISTENCE**2)
    for week in range(1, weeks):
        level[week] = DEMAND_PERSISTENCE * level[week - 1] + innovation * shocks[week]
    return np.exp(DEMAND_SD * level - 0.5 * DEMAND_SD**2)


def weekly_spend(season_factor: Array, dark: bool, rng: np.random.Generator) -> Array:
    """Draw the spend of one touchpoint with mean 1, (weeks,).

    Noise, a slow drift, one burst each quarter and, if `dark`, one block of 1 to 3 weeks without spend each
    quarter, all independent of demand, so that the response can be told from the data.
    """
    weeks = len(season_factor)
    turns, phase = rng.uniform(0.5, 1.5), rng.uniform(0.0, 2.0 * np.pi)
    drift = DRIFT * np.sin(2.0 * np.pi * turns * np.arange(weeks) / weeks + phase)
    spend = np.exp(drift + NOISE_SD * rng.standard_normal(weeks)) * season_factor**SPEND_FOLLOWS_SEASON
    for quarter in range(0, weeks, QUARTER):
        spend[_block(quarter, 3, rng)] *= rng.uniform(*BURST_FACTOR)
        if dark:
            spend[_block(quarter, int(rng.integers(1, 4)), rng)] = 0.0
    return spend / float(spend.mean())


def _block(quarter: int, length: int, rng: np.random.Generator) -> slice:
    """Draw weeks in a row at a random place within a quarter."""
    start = quarter + int(rng.integers(0, QUARTER - length + 1))
    return slice(start, start + length)
