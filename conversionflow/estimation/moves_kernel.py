"""Compiled log density of moves and conversions with its gradient, their probabilities integrated out.

`conversionflow.estimation.moves` has the model and the formulas.
"""

import math
from typing import NamedTuple

import numpy as np

from conversionflow.core.compiled import compiled
from conversionflow.estimation.density_kernel import inner, total
from conversionflow.estimation.journey_kernel import JourneyParameters
from conversionflow.estimation.types import Array


class MoveData(NamedTuple):
    """What the collapsed density of moves from rows I to targets J knows (`conversionflow.estimation.moves`).

    `shape` (J, T) is g, `pull` (J,) the effects' sufficient statistic, `visits` (I, T), `weights` (I, J) a +
    C_ij where a move can happen and 0 elsewhere, `rate` (I,), and `constant` () what no effect changes.
    """

    shape: Array
    pull: Array
    visits: Array
    weights: Array
    rate: Array
    constant: Array


class OnwardData(NamedTuple):
    """What the density of moves knows of a row's moves onward to whichever target.

    `mix` (I, J) is which share of them goes to each paid target over the whole history, `counts` (I, T) are
    all of them, `weights` (I,) is the sum of a + C_ij over the other targets, `market` (I,) the row's market.
    """

    mix: Array
    counts: Array
    weights: Array
    market: Array


@compiled
def moves_log_density(effects: Array, change: Array, data: MoveData) -> float:
    """Collapsed log density of moves given the effects (J,) of their targets."""
    value = data.constant.item()
    for j in range(effects.shape[0]):
        value += effects[j] * data.pull[j]
        change[j] += data.pull[j]
        pulled = np.exp(effects[j] * data.shape[j])
        slope = pulled * data.shape[j]
        for i in range(data.visits.shape[0]):
            if data.weights[i, j] > 0.0:
                exposure = data.rate[i] + inner(data.visits[i], pulled)
                value -= data.weights[i, j] * math.log(exposure)
                change[j] -= data.weights[i, j] * inner(data.visits[i], slope) / exposure
    return value


@compiled
def onward_log_density(
    at: JourneyParameters, change: JourneyParameters, data: MoveData, onward: OnwardData
) -> float:
    """Collapsed log density of all moves, where pulled ones displace others.

    `data` is of the paid targets.
    """
    rows, periods = data.visits.shape
    paid = data.shape.shape[0]
    value = data.constant.item() + inner(at.parent_effects, data.pull)
    pulled, pulled_slope = np.empty((paid, periods)), np.empty((paid, periods))
    for j in range(paid):
        change.parent_effects[j] += data.pull[j]
        for t in range(periods):
            pulled[j, t] = math.exp(at.parent_effects[j] * data.shape[j, t])
            pulled_slope[j, t] = pulled[j, t] * data.shape[j, t]
    visits, in_visits, ratio = np.empty(periods), np.empty(periods), np.zeros(paid)
    more, factor = np.empty(periods), np.empty(periods)
    for i in range(rows):
        m = int(onward.market[i])
        displacement = at.displacement[m]
        displaced_visits(displacement, data.visits[i], onward.mix[i], pulled, more, factor, visits)
        value += row_log_density(i, visits, in_visits, pulled, ratio, data, onward.weights[i])
        counts = onward.counts[i]
        for t in range(periods):
            value -= counts[t] * math.log(factor[t])
            # The derivative in the factor, by which the visits are divided.
            in_visits[t] = -(counts[t] + in_visits[t] * visits[t]) / factor[t]
        change.displacement[m] += inner(in_visits, more)
        for j in range(paid):
            if data.weights[i, j] > 0.0:
                mixed = displacement * onward.mix[i, j] * inner(in_visits, pulled_slope[j])
                change.parent_effects[j] += mixed - ratio[j] * inner(visits, pulled_slope[j])
    return value


@compiled
def displaced_visits(
    displacement: float, counted: Array, mix: Array, pulled: Array, more: Array, factor: Array, visits: Array
) -> None:
    """Fill W - 1, the factor 1 + displacement (W - 1) and the visits over it, (T,) each, of one row."""
    for t in range(more.shape[0]):
        more[t] = 0.0
    for j in range(mix.shape[0]):
        if mix[j] > 0.0:
            add_multiple(more, mix[j], pulled[j], -mix[j])
    for t in range(more.shape[0]):
        factor[t] = 1.0 + displacement * more[t]
        visits[t] = counted[t] / factor[t]


@compiled
def row_log_density(
    i: int, visits: Array, in_visits: Array, pulled: Array, ratio: Array, data: MoveData, others: float
) -> float:
    """Log density of one row given its visits (T,) as far as their exposure goes.

    Fills the derivative in the visits, and `ratio` (J,), weight over exposure.
    """
    exposure = data.rate[i] + total(visits)
    value = -others * math.log(exposure)
    for t in range(visits.shape[0]):
        in_visits[t] = -others / exposure
    for j in range(pulled.shape[0]):
        if data.weights[i, j] > 0.0:
            exposure = data.rate[i] + inner(visits, pulled[j])
            value -= data.weights[i, j] * math.log(exposure)
            ratio[j] = data.weights[i, j] / exposure
            add_multiple(in_visits, -ratio[j], pulled[j], 0.0)
    return value


@compiled
def add_multiple(values: Array, factor: float, others: Array, shift: float) -> None:
    """Add factor times others, and a shift, to values (T,), in place."""
    for t in range(values.shape[0]):
        values[t] += factor * others[t] + shift
