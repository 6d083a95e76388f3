"""Control variables of a market's demand: trend, season, public holidays and level of spend."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache

import holidays
import numpy as np
import pandas as pd
from holidays.registry import COUNTRIES

from conversionflow.core.errors import InputError, SettingsError
from conversionflow.estimation.types import Array

#: Step of the calendar for each value of the setting `period`.
PERIOD_STEPS: dict[str, pd.DateOffset] = {
    "day": pd.DateOffset(days=1),
    "week": pd.DateOffset(days=7),
    "month": pd.DateOffset(months=1),
}
DAYS_PER_YEAR = 365.25
DAYS_PER_WEEK = 7
ANNUAL_HARMONICS = 2
WEEKDAY_HARMONICS = 3
#: A control with less spread than this is the same in every period and says nothing.
CONSTANT_SPREAD = 1e-9
PUBLIC_HOLIDAYS = "public_holidays"
SPEND_LEVEL = "spend_level"


def calendar(first: date, last: date, period: str) -> pd.DatetimeIndex:
    """Return the first day of every period from `first` to `last`, both included."""
    if period not in PERIOD_STEPS:
        raise SettingsError(f"period is {period!r}; it must be one of {', '.join(PERIOD_STEPS)}")
    return pd.date_range(first, last, freq=PERIOD_STEPS[period])


@lru_cache(maxsize=1)
def _country_codes() -> dict[str, str]:
    """Map country names and ISO codes, in lower case, to the two-letter code."""
    codes: dict[str, str] = {}
    for name, (_, code, *aliases) in COUNTRIES.items():
        codes |= dict.fromkeys((name.replace("_", " "), code.lower(), *map(str.lower, aliases)), code)
    return codes


def country_of(market: str) -> str | None:
    """Return the two-letter code of the country that `market` names, or None where it names none."""
    return _country_codes().get(market.strip().lower().replace("_", " "))


def public_holidays(markets: Sequence[str], first: date, last: date) -> pd.DataFrame:
    """List the public holidays of the markets that are named after a country.

    Returns
    -------
    DataFrame
        Columns `market`, `holiday_date`; a market that names no country has no row.
    """
    years = range(first.year, last.year + 1)
    rows = [
        (market, day)
        for market in markets
        if (country := country_of(market)) is not None
        for day in sorted(holidays.country_holidays(country, years=years))
    ]
    return pd.DataFrame(rows, columns=["market", "holiday_date"])


def _standardised(column: Array) -> Array:
    spread = float(column.std())
    return (column - column.mean()) / spread if spread > CONSTANT_SPREAD else np.zeros_like(column)


def _waves(name: str, days: Array, length: float, harmonics: int) -> dict[str, Array]:
    """Return sine and cosine terms of a season `length` days long."""
    angle = 2 * np.pi * days / length
    return {
        f"{name}_{wave}_{order}": function(order * angle)
        for order in range(1, harmonics + 1)
        for wave, function in (("sin", np.sin), ("cos", np.cos))
    }


def _common_columns(starts: pd.DatetimeIndex, period: str) -> dict[str, Array]:
    """Trend and season, the same in every market; a year's season needs a year of data."""
    days = (starts - pd.Timestamp("2000-01-01")).days.to_numpy(dtype=np.float64)
    columns = {"trend": days}
    if days[-1] - days[0] >= DAYS_PER_YEAR:
        columns |= _waves("season", days, DAYS_PER_YEAR, ANNUAL_HARMONICS)
    if period == "day":
        columns |= _waves("weekday", days, DAYS_PER_WEEK, WEEKDAY_HARMONICS)
    return columns


def _holiday_counts(dates: pd.Series, edges: pd.DatetimeIndex) -> Array:
    """Count the holidays in each period; `edges` holds the period starts and the end of the last."""
    counts, _ = np.histogram(
        pd.to_datetime(dates).to_numpy("datetime64[D]").astype(np.int64),
        bins=edges.to_numpy("datetime64[D]").astype(np.int64) - 0.5,
    )
    return counts.astype(np.float64)


def _spend_level(spend: Array) -> Array:
    """Say how much more than usual a market spends: mean log of spend (K, T) over each one's own, (T,).

    A touchpoint has no part in the periods in which it rests; where all rest the level is the usual one.
    """
    on = spend > 0
    active = on.any(axis=1)
    logs = np.log(np.where(on, spend, 1.0))[active]
    on = on[active]
    usual = logs.sum(axis=1, keepdims=True) / on.sum(axis=1, keepdims=True)
    level: Array = np.where(on, logs - usual, 0.0).sum(axis=0) / np.maximum(on.sum(axis=0), 1)
    return level


def build_controls(
    starts: pd.DatetimeIndex,
    period: str,
    markets: Sequence[str],
    holidays_frame: pd.DataFrame | None,
    spend: Array,
) -> tuple[tuple[str, ...], Array, tuple[str, ...]]:
    """Build the standardised controls of every market.

    The level of spend is one of them because planners follow demand. Demand that is not independent of spend
    needs a mean which depends on it, or what is not known of it is taken for an effect (Mundlak 1978,
    Econometrica 46, 69-85); touchpoints without spend tell the two apart.

    Parameters
    ----------
    starts
        First day of each period.
    period
        day, week or month.
    markets
        Names of the markets, the order of the first axis.
    holidays_frame
        Columns `market`, `holiday_date`; None looks the holidays of each market's country up.
    spend : array (M, K, T)
        Money spent on each touchpoint.

    Returns
    -------
    names
        Names of the controls.
    controls : array (M, T, P)
        Mean 0 and standard deviation 1 per market; a control that is constant in a market is 0 there.
    notes
        What the user should know, such as markets without public holidays.
    """
    end = starts[-1] + PERIOD_STEPS[period]
    if holidays_frame is None:
        holidays_frame = public_holidays(markets, starts[0].date(), end.date())
    elif not {"market", "holiday_date"} <= set(holidays_frame.columns):
        raise InputError("The holidays table needs the columns market and holiday_date")
    edges = pd.DatetimeIndex([*starts, end])
    common = [_standardised(column) for column in _common_columns(starts, period).values()]
    controls, notes = [], []
    for market, money in zip(markets, spend, strict=True):
        dates = holidays_frame.loc[holidays_frame["market"] == market, "holiday_date"]
        if dates.empty:
            notes.append(f"market {market!r} has no public holidays: it does not name a country")
        own = (_holiday_counts(dates, edges), _spend_level(money))
        controls.append([*common, *map(_standardised, own)])
    names = (*_common_columns(starts, period), PUBLIC_HOLIDAYS, SPEND_LEVEL)
    # Laid out as the kernels are compiled ahead for; another layout would be compiled anew.
    return names, np.ascontiguousarray(np.asarray(controls).transpose(0, 2, 1)), tuple(notes)
