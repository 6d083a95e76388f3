"""The truth about a world as tables, to be laid beside what a model claims."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from conversionflow.simulation.market import CONVERSION, NULL, START, Market
from conversionflow.simulation.response import Array
from conversionflow.simulation.world import World

GRID = np.linspace(0.0, 3.0, 31)
"""Spend at which the response is tabulated, relative to today's."""


def truth_tables(world: World) -> dict[str, pa.Table]:
    """Tabulate what is true in a world.

    Returns
    -------
    dict of str to pyarrow.Table
        ``transitions`` : market, touchpoint_from, touchpoint_to, probability, probability_collapsed, both at
        mean spend, and probability_average, probability_average_collapsed, the mean over the history's weeks
        weighted with the touches expected in each: what frequencies pooled over all weeks estimate. Collapsed
        means that consecutive touches of one touchpoint count once.

        ``response`` : market, touchpoint, spend_per_week, conversions: of that market per week at reference
        conditions when only this spend differs from today's plan.

        ``plan`` : market, touchpoint, current_spend, best_spend, and the conversions per week of all markets
        under either plan, conversions_current and conversions_best.

        ``world`` : one row, the world as json.
    """
    return {
        "transitions": pa.concat_tables([_transitions(market) for market in world.markets]),
        "response": _response(world),
        "plan": _plan(world),
        "world": pa.table({"json": [world.to_json()]}),
    }


def _transitions(market: Market) -> pa.Table:
    """Tabulate the chances of every move out of the start and the touchpoints."""
    at_mean = market.matrix(np.ones(len(market.names))).loc[
        [START, *market.names], [*market.names, CONVERSION, NULL]
    ]
    average = pd.DataFrame(_average(market), index=at_mean.index, columns=at_mean.columns)
    columns = {
        "probability": at_mean,
        "probability_collapsed": _collapsed(at_mean),
        "probability_average": average,
        "probability_average_collapsed": _collapsed(average),
    }
    sources, targets = np.meshgrid(at_mean.index, at_mean.columns, indexing="ij")
    keys = {"touchpoint_from": sources.ravel().tolist(), "touchpoint_to": targets.ravel().tolist()}
    values = {name: matrix.to_numpy().ravel() for name, matrix in columns.items()}
    return pa.table({"market": [market.name] * sources.size, **keys, **values})


def _average(market: Market) -> Array:
    """Divide the moves expected over the history by moves out of their state, (K + 1, K + 2), start first."""
    network, ratios = market.network, market.weekly_ratios
    conditions = np.array(market.conditions)[:, None]
    entries = (conditions * network.entry_rates(ratios)).sum(axis=0)
    visits = conditions * network.visits(ratios)
    moves = np.einsum("tk,tkj->kj", visits, network.steps(ratios)) / visits.sum(axis=0)[:, None]
    return np.vstack([np.append(entries / entries.sum(), [0.0, 0.0]), moves])


def _collapsed(matrix: pd.DataFrame) -> pd.DataFrame:
    """Give the chances when repeats of a touchpoint are one touch: no self-loop, the rest over their sum."""
    others = matrix.copy()
    for name in matrix.index.intersection(matrix.columns):
        others.loc[name, name] = 0.0
    return others.div(others.sum(axis=1), axis=0)


def _response(world: World) -> pa.Table:
    """Evaluate expected conversions along a grid of one touchpoint's spend after the other."""
    current = world.current_plan()
    rows = [
        (market, touchpoint, money * step, {**current, (market, touchpoint): money * step})
        for (market, touchpoint), money in current.items()
        for step in GRID
    ]
    return pa.table(
        {
            "market": [market for market, *_ in rows],
            "touchpoint": [touchpoint for _, touchpoint, *_ in rows],
            "spend_per_week": [spend for *_, spend, _ in rows],
            "conversions": [world.expected_conversions_by_market(plan)[market] for market, *_, plan in rows],
        }
    )


def _plan(world: World) -> pa.Table:
    """Lay today's plan beside the best one of the same total."""
    current, best = world.current_plan(), world.best_plan()
    return pa.table(
        {
            "market": [market for market, _ in current],
            "touchpoint": [touchpoint for _, touchpoint in current],
            "current_spend": list(current.values()),
            "best_spend": [best[key] for key in current],
            "conversions_current": [world.expected_conversions(current)] * len(current),
            "conversions_best": [world.expected_conversions(best)] * len(current),
        }
    )
