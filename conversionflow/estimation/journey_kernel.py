"""Compiled log density of the `journey` model with its gradient.

Each part reads the parameters it needs, adds to their gradient, and returns its value.
"""

import math
from typing import NamedTuple

import numpy as np

from conversionflow.estimation.compiled import compiled
from conversionflow.estimation.density_kernel import (
    LOG_MEAN_BOUND,
    add_control_slope,
    control_effect,
    inner,
    on_whole_line,
    prior_log_density,
    total,
)
from conversionflow.estimation.types import Array

#: The sum of a path over the root of its length has this standard deviation.
MEAN_SPREAD = 0.1
#: From here on the asymptotic series of log gamma and digamma is exact to about 1e-13.
SERIES_START = 10.0
HALF_LOG_TWO_PI = 0.9189385332046727
#: Counts of a larger dispersion are Poisson counts; differences of log gammas of it are rounding errors, by
#: which a chain that comes here in its warm-up would never leave.
LARGEST_DISPERSION = 1e6


class JourneyParameters(NamedTuple):
    """The parameters, or a gradient, by name and in the order in which a point holds them.

    In the non-centred form a point holds `standardised_demand` in the place of `demand`.
    """

    demand_persistence: Array
    demand_scale: Array
    control_coefficients: Array
    demand: Array
    entry_level: Array
    dispersion: Array
    beta1: Array
    response_drop: Array
    response_saturation: Array
    parent_effects: Array
    conversion_effects: Array


class EntryData(NamedTuple):
    """What the entries' density knows.

    `counts` (N, T), `base` (N,) the log of their mean, `relative_spend` (paid, T), `market` (N,) and
    `constant` (), the term in the counts alone.
    """

    counts: Array
    base: Array
    relative_spend: Array
    market: Array
    constant: Array


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


@compiled
def journey_parameters(x: Array, controls: Array, entries: EntryData) -> JourneyParameters:
    """Look at an array (D,) as the model's parameters."""
    (markets, periods, kinds), nodes = controls.shape, entries.counts.shape[0]
    paid = entries.relative_spend.shape[0]
    coefficients = 2 * markets
    demand = coefficients + markets * kinds
    level = demand + markets * periods
    slope = level + 2 * nodes
    return JourneyParameters(
        x[:markets],
        x[markets:coefficients],
        x[coefficients:demand].reshape((markets, kinds)),
        x[demand:level].reshape((markets, periods)),
        x[level : level + nodes],
        x[level + nodes : slope],
        x[slope : slope + paid],
        x[slope + paid : slope + 2 * paid],
        x[slope + 2 * paid : slope + 3 * paid],
        x[slope + 3 * paid : slope + 4 * paid],
        x[slope + 4 * paid :],
    )


@compiled
def journey_log_density(
    point: Array, priors: Array, controls: Array, entries: EntryData, moves: MoveData, converting: MoveData
) -> tuple[float, Array]:
    """Log density and its gradient at a point (D,) on the whole line, up to the priors' constants.

    `priors` is the table of `prior_log_density`, `controls` (M, T, P).
    """
    value, x, slope, gradient = prior_log_density(point, priors)
    change = np.zeros_like(x)
    at, change_at = journey_parameters(x, controls, entries), journey_parameters(change, controls, entries)
    value += network_log_density(at, change_at, controls, entries, moves, converting)
    return on_whole_line(value, change, slope, gradient)


@compiled
def non_centred_journey_log_density(
    point: Array, priors: Array, controls: Array, entries: EntryData, moves: MoveData, converting: MoveData
) -> tuple[float, Array]:
    """`journey_log_density` at a point with `standardised_demand` (M, T), with the determinant of the change.

    The demand is its controls' effect plus `demand_scale` times the standardised one. Where a market's counts
    say little of its demand, path and scale are a funnel, and these are nearly independent (Papaspiliopoulos,
    Roberts and Skoeld 2007).
    """
    value, x, slope, gradient = prior_log_density(point, priors)
    change = np.zeros_like(x)
    at, change_at = journey_parameters(x, controls, entries), journey_parameters(change, controls, entries)
    markets, periods = at.demand.shape
    standardised, effect = at.demand.copy(), np.zeros(periods)
    for m in range(markets):
        control_effect(controls[m], at.control_coefficients[m], effect)
        for t in range(periods):
            at.demand[m, t] = effect[t] + at.demand_scale[m] * standardised[m, t]
    value += network_log_density(at, change_at, controls, entries, moves, converting)
    for m in range(markets):
        scale = at.demand_scale[m]
        value += periods * math.log(scale)
        change_at.demand_scale[m] += periods / scale + inner(change_at.demand[m], standardised[m])
        add_control_slope(controls[m], change_at.demand[m], change_at.control_coefficients[m])
        for t in range(periods):
            change_at.demand[m, t] *= scale
    return on_whole_line(value, change, slope, gradient)


@compiled
def network_log_density(
    at: JourneyParameters,
    change: JourneyParameters,
    controls: Array,
    entries: EntryData,
    moves: MoveData,
    converting: MoveData,
) -> float:
    """Log density of everything but the priors of the single parameters."""
    value = demand_log_density(at, change, controls)
    value += entries_log_density(at, change, entries)
    value += moves_log_density(at.parent_effects, change.parent_effects, moves)
    return value + moves_log_density(at.conversion_effects, change.conversion_effects, converting)


@compiled
def log_gamma_digamma(z: float) -> tuple[float, float]:
    """Return log gamma and digamma of z > 0 (Abramowitz and Stegun 6.1.41, 6.3.18, shifted by 6.1.15)."""
    product, fractions = 1.0, 0.0
    while z < SERIES_START:
        product *= z
        fractions += 1.0 / z
        z += 1.0
    log_z = math.log(z)
    r = 1.0 / z
    s = r * r
    series = r * (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s / 1188))))
    slope = s * (1 / 12 - s * (1 / 120 - s * (1 / 252 - s * (1 / 240 - s / 132))))
    log_gamma = (z - 0.5) * log_z - z + HALF_LOG_TWO_PI + series
    if product != 1.0:
        log_gamma -= math.log(product)
    return log_gamma, log_z - 0.5 * r - slope - fractions


@compiled
def entry_response(
    spend: Array, slope: float, drop: float, saturation: float, response: Array, change: Array
) -> None:
    """Fill the log response of one touchpoint's entries to its spend over the mean, and its derivatives.

    The log response is E log(w + (1 - w) R(x)) with R(x) = x (1 + k) / (x + k), k the `saturation`,
    E = slope (1 + k) / k and w = exp(-drop / E). It is 0 at x = 1 and -drop at x = 0. `change` (3, T) takes
    the derivatives in slope, drop and saturation. All are shifted to a mean of 0 over the periods.
    """
    exponent = slope * (1.0 + saturation) / saturation
    w = math.exp(-drop / exponent)
    for t in range(spend.shape[0]):
        x = spend[t]
        rise = x * (1.0 + saturation) / (x + saturation)
        base = w + (1.0 - w) * rise
        log_base = math.log(base) if x > 0.0 else -drop / exponent
        share = w / base if x > 0.0 else 1.0
        d_exponent = log_base + share * (1.0 - rise) * drop / exponent
        response[t] = exponent * log_base
        change[0, t] = d_exponent * (1.0 + saturation) / saturation
        change[1, t] = -share * (1.0 - rise)
        change[2, t] = -d_exponent * slope / saturation**2
        if x > 0.0:
            change[2, t] += exponent * (1.0 - w) / base * x * (x - 1.0) / (x + saturation) ** 2
    centre(response)
    for row in range(3):
        centre(change[row])


@compiled
def centre(values: Array) -> None:
    """Take the mean off, in place."""
    mean = total(values) / values.shape[0]
    for t in range(values.shape[0]):
        values[t] -= mean


@compiled
def count_residuals(
    deviation: Array, base: float, dispersion: float, counts: Array, residual: Array
) -> tuple[float, float]:
    """Negative binomial log density of one node's counts, and its derivative in the dispersion.

    The one in the log mean fills `residual` (T,).
    """
    bounded = dispersion > LARGEST_DISPERSION
    dispersion = min(dispersion, LARGEST_DISPERSION)
    log_a = math.log(dispersion)
    log_gamma_a, digamma_a = log_gamma_digamma(dispersion)
    periods = counts.shape[0]
    value, slope = periods * (dispersion * log_a - log_gamma_a), periods * (log_a + 1.0 - digamma_a)
    for t in range(periods):
        log_mean = base + min(max(deviation[t], -LOG_MEAN_BOUND), LOG_MEAN_BOUND)
        mean = math.exp(log_mean)
        z, both = counts[t] + dispersion, dispersion + mean
        log_both, ratio = math.log(both), z / both
        log_gamma_z, digamma_z = log_gamma_digamma(z)
        value += log_gamma_z + counts[t] * log_mean - z * log_both
        slope += digamma_z - log_both - ratio
        residual[t] = counts[t] - ratio * mean if abs(deviation[t]) < LOG_MEAN_BOUND else 0.0
    return value, 0.0 if bounded else slope


@compiled
def entries_log_density(at: JourneyParameters, change: JourneyParameters, data: EntryData) -> float:
    """Negative binomial log density of the entries.

    The log mean of node n in period t is base_n + entry_level_n + response_nt + demand_mt, the response as in
    `entry_response` for the paid nodes, which are the first, and 0 for the others; the variance is mean +
    mean^2 / dispersion.
    """
    nodes, periods = data.counts.shape
    paid = data.relative_spend.shape[0]
    value = data.constant.item()
    deviation, residual, slopes = np.zeros(periods), np.zeros(periods), np.zeros((3, periods))
    for n in range(nodes):
        m = int(data.market[n])
        if n < paid:
            drop, saturation = at.response_drop[n], at.response_saturation[n]
            entry_response(data.relative_spend[n], at.beta1[n], drop, saturation, deviation, slopes)
        else:
            for t in range(periods):
                deviation[t] = 0.0
        for t in range(periods):
            deviation[t] += at.entry_level[n] + at.demand[m, t]
        density, slope = count_residuals(deviation, data.base[n], at.dispersion[n], data.counts[n], residual)
        value += density
        change.dispersion[n] += slope
        for t in range(periods):
            change.entry_level[n] += residual[t]
            change.demand[m, t] += residual[t]
        if n < paid:
            change.beta1[n] += inner(residual, slopes[0])
            change.response_drop[n] += inner(residual, slopes[1])
            change.response_saturation[n] += inner(residual, slopes[2])
    return value


@compiled
def demand_log_density(at: JourneyParameters, change: JourneyParameters, controls: Array) -> float:
    """Log density of the demand paths (M, T), autoregressive around controls (M, T, P); up to a constant.

    What of a path the controls do not explain is a stationary first-order process of mean 0, with
    `demand_persistence` the correlation of neighbours and `demand_scale` the standard deviation of a step
    given the one before. Its mean is held near 0, for the levels of the touchpoints already are a mean: two
    of them would make a ridge.
    """
    markets, periods = at.demand.shape
    value = 0.0
    path, slope = np.zeros(periods), np.zeros(periods)
    for m in range(markets):
        control_effect(controls[m], at.control_coefficients[m], path)
        for t in range(periods):
            path[t] = at.demand[m, t] - path[t]
        r, scale = at.demand_persistence[m], at.demand_scale[m]
        precision, stationary = 1.0 / scale**2, 1.0 - r * r
        squares = stationary * path[0] ** 2
        away = total(path)
        pin = away / (periods * MEAN_SPREAD**2)
        value -= 0.5 * away * pin
        for t in range(periods):
            slope[t] = -pin
        slope[0] -= precision * stationary * path[0]
        change.demand_persistence[m] += precision * r * path[0] ** 2 - r / stationary
        for t in range(1, periods):
            step = path[t] - r * path[t - 1]
            squares += step * step
            slope[t] -= precision * step
            slope[t - 1] += precision * r * step
            change.demand_persistence[m] += precision * step * path[t - 1]
        value += 0.5 * math.log(stationary) - periods * math.log(scale) - 0.5 * precision * squares
        change.demand_scale[m] += (precision * squares - periods) / scale
        for t in range(periods):
            change.demand[m, t] += slope[t]
            slope[t] *= -1.0
        add_control_slope(controls[m], slope, change.control_coefficients[m])
    return value


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
