"""Compiled log density of the spend series: what they tell of the demand that planners follow.

With s_kt the log of spend, without what trend, season and holidays explain of it, and d_t the demand without
the same::

    s_kt = spend_loading_k d_t + e_kt
    e_kt = spend_persistence e_k,t-1 + u_kt,     u_t ~ Normal(0, diag(spend_scale^2) + spend_common_scale^2)

Where spend follows demand, a demand that is known only so well is likelier high where spend was high; left
out, that part of it would be taken for an effect of spend. The common part of u is what planners do
everywhere at once for reasons of their own: without it, all series together would make demand of it.
"""

import math
from typing import NamedTuple

import numpy as np

from conversionflow.estimation.compiled import compiled
from conversionflow.estimation.density_kernel import add_control_slope, control_effect, total
from conversionflow.estimation.journey_kernel import JourneyParameters
from conversionflow.estimation.types import Array


class SpendData(NamedTuple):
    """What the density knows of the spend of paid nodes.

    `residual` (paid, T) is s; `steps` (paid, T) is 1 where there was spend in this period and the one before,
    0 elsewhere; `market` (paid,).
    """

    residual: Array
    steps: Array
    market: Array


@compiled
def spend_log_density(
    at: JourneyParameters, change: JourneyParameters, controls: Array, data: SpendData
) -> float:
    """Log density of the spend given the demand, up to a constant; `controls` are (M, T, P)."""
    markets, periods = at.demand.shape
    value = 0.0
    shock, slope = np.zeros(periods), np.zeros(periods)
    step = np.zeros(data.market.shape[0])
    for n in range(step.shape[0]):
        value -= total(data.steps[n]) * math.log(at.spend_scale[n])
    for m in range(markets):
        control_effect(controls[m], at.control_coefficients[m], shock)
        for t in range(periods):
            shock[t] = at.demand[m, t] - shock[t]
            slope[t] = 0.0
        for t in range(1, periods):
            value += period_log_density(at, change, m, t, shock, slope, step, data)
        for t in range(periods):
            change.demand[m, t] += slope[t]
            slope[t] *= -1.0
        add_control_slope(controls[m], slope, change.control_coefficients[m])
    return value


@compiled
def period_log_density(
    at: JourneyParameters,
    change: JourneyParameters,
    m: int,
    t: int,
    shock: Array,
    slope: Array,
    step: Array,
    data: SpendData,
) -> float:
    """Log density of one market's u_t, but for the scales' determinant, which is the same in every period.

    Adds to the derivative in the demand, `slope` (T,). The inverse of the covariance is Sherman and
    Morrison's.
    """
    persistence, common = at.spend_persistence[m], at.spend_common_scale[m]
    precision, weighted, value = 0.0, 0.0, 0.0
    for n in range(step.shape[0]):
        if data.steps[n, t] > 0.0 and int(data.market[n]) == m:
            before = data.residual[n, t - 1] - at.spend_loading[n] * shock[t - 1]
            step[n] = data.residual[n, t] - at.spend_loading[n] * shock[t] - persistence * before
            own = 1.0 / at.spend_scale[n] ** 2
            precision += own
            weighted += own * step[n]
            value -= 0.5 * own * step[n] ** 2
    kept = 1.0 + common**2 * precision
    shared = common**2 / kept * weighted
    value += 0.5 * (shared * weighted - math.log(kept))
    change.spend_common_scale[m] += common * ((weighted / kept) ** 2 - precision / kept)
    for n in range(step.shape[0]):
        if data.steps[n, t] > 0.0 and int(data.market[n]) == m:
            scale, loading = at.spend_scale[n], at.spend_loading[n]
            rest = step[n] - shared
            in_step = -rest / scale**2
            change.spend_scale[n] += (rest**2 / scale**2 + common**2 / kept / scale**2 - 1.0) / scale
            change.spend_loading[n] -= in_step * (shock[t] - persistence * shock[t - 1])
            change.spend_persistence[m] -= in_step * (data.residual[n, t - 1] - loading * shock[t - 1])
            slope[t] -= in_step * loading
            slope[t - 1] += in_step * loading * persistence
    return float(value)
