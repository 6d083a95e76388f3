"""Compiled parts of the log density of the `journey` model with its gradient.

Each part reads the parameters it needs, adds to their gradient, and returns its value.
"""

import math
from typing import NamedTuple

import numpy as np

from conversionflow.core.compiled import compiled
from conversionflow.estimation.density_kernel import (
    LOG_MEAN_BOUND,
    add_control_slope,
    control_effect,
    inner,
    total,
)
from conversionflow.estimation.response_kernel import carry_over, centre, entry_response
from conversionflow.estimation.types import Array

#: The sum of a path over the root of its length has this standard deviation.
MEAN_SPREAD = 0.1
#: From here on the asymptotic series of log gamma and digamma is exact to about 1e-13.
SERIES_START = 10.0
HALF_LOG_TWO_PI = 0.9189385332046727
#: A factor more does not overflow.
LARGEST_PRODUCT = 1e200
#: Counts of a larger dispersion are Poisson counts; differences of log gammas of it are rounding errors, by
#: which a chain that comes here in its warm-up would never leave.
LARGEST_DISPERSION = 1e6


class JourneyParameters(NamedTuple):
    """The parameters, or a gradient, by name and in the order in which a point holds them.

    In the non-centred form a point holds `standardised_demand` in the place of `demand`. Those across
    markets and their spreads are empty where no touchpoint has spend in more than one market, and so is
    `carryover` where spend acts in its own period only.
    """

    demand_persistence: Array
    demand_scale: Array
    displacement: Array
    control_coefficients: Array
    demand: Array
    entry_level: Array
    dispersion: Array
    beta1: Array
    response_floor: Array
    response_saturation: Array
    parent_effects: Array
    conversion_effects: Array
    conversion_effects_mean: Array
    conversion_effects_spread: Array
    beta1_across_markets: Array
    beta1_market_spread: Array
    parent_effects_across_markets: Array
    parent_effects_market_spread: Array
    carryover: Array


class EntryData(NamedTuple):
    """What the entries' density knows.

    `counts` (N, T), `base` (N,) the log of their mean, `relative_spend` (paid, T), `market` (N,), `pool`
    (paid,) the number of the touchpoint that a paid node is in its market, or -1 where nothing is pooled, and
    `constant` (), the term in the counts alone.
    """

    counts: Array
    base: Array
    relative_spend: Array
    market: Array
    pool: Array
    constant: Array


@compiled
def journey_parameters(x: Array, controls: Array, entries: EntryData) -> JourneyParameters:
    """Look at an array (D,) as the model's parameters."""
    (markets, periods, kinds), nodes = controls.shape, entries.counts.shape[0]
    paid = entries.relative_spend.shape[0]
    coefficients = 3 * markets
    demand = coefficients + markets * kinds
    level = demand + markets * periods
    slope = level + 2 * nodes
    across = slope + 5 * paid + 2
    pools = int(entries.pool.max()) + 1 if paid > 0 else 0
    spreads = min(pools, 1)
    pulls = across + pools + spreads
    carryover = pulls + pools + spreads
    return JourneyParameters(
        x[:markets],
        x[markets : 2 * markets],
        x[2 * markets : coefficients],
        x[coefficients:demand].reshape((markets, kinds)),
        x[demand:level].reshape((markets, periods)),
        x[level : level + nodes],
        x[level + nodes : slope],
        x[slope : slope + paid],
        x[slope + paid : slope + 2 * paid],
        x[slope + 2 * paid : slope + 3 * paid],
        x[slope + 3 * paid : slope + 4 * paid],
        x[slope + 4 * paid : across - 2],
        x[across - 2 : across - 1],
        x[across - 1 : across],
        x[across : across + pools],
        x[across + pools : pulls],
        x[pulls : pulls + pools],
        x[pulls + pools : carryover],
        x[carryover:],
    )


@compiled
def stirling(z: float) -> tuple[float, float]:
    """Return log gamma of z less (z - 1/2) log z, and digamma less log z, for z from `SERIES_START` on.

    Asymptotic series: Abramowitz and Stegun 6.1.41 and 6.3.18.
    """
    r = 1.0 / z
    s = r * r
    series = r * (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s / 1188))))
    slope = s * (1 / 12 - s * (1 / 120 - s * (1 / 252 - s * (1 / 240 - s / 132))))
    return HALF_LOG_TWO_PI - z + series, -0.5 * r - slope


@compiled
def log_gamma_digamma(z: float) -> tuple[float, float]:
    """Return log gamma and digamma of z > 0 (`stirling`, shifted by Abramowitz and Stegun 6.1.15)."""
    product, fractions = 1.0, 0.0
    while z < SERIES_START:
        product *= z
        fractions += 1.0 / z
        z += 1.0
    log_z = math.log(z)
    log_gamma, digamma = stirling(z)
    log_gamma += (z - 0.5) * log_z
    if product != 1.0:
        log_gamma -= math.log(product)
    return log_gamma, log_z + digamma - fractions


@compiled
def count_residuals(
    deviation: Array, base: float, dispersion: float, counts: Array, residual: Array
) -> tuple[float, float]:
    """Negative binomial log density of one node's counts, and its derivative in the dispersion.

    The one in the log mean fills `residual` (T,). Logarithms are most of the time: of the two that a count
    needs, one is of a quotient, and the other is taken of a product over many counts.
    """
    bounded = dispersion > LARGEST_DISPERSION
    dispersion = min(dispersion, LARGEST_DISPERSION)
    log_a = math.log(dispersion)
    log_gamma_a, digamma_a = log_gamma_digamma(dispersion)
    periods = counts.shape[0]
    value, slope = periods * (dispersion * log_a - log_gamma_a), periods * (log_a + 1.0 - digamma_a)
    product = 1.0
    for t in range(periods):
        log_mean = base + min(max(deviation[t], -LOG_MEAN_BOUND), LOG_MEAN_BOUND)
        mean = math.exp(log_mean)
        z, both = counts[t] + dispersion, dispersion + mean
        log_more, ratio = math.log(both / z), z / both
        if z < SERIES_START:
            log_gamma_z, digamma_z = log_gamma_digamma(z)
            log_z = math.log(z)
            log_gamma_z, digamma_z = log_gamma_z - z * log_z, digamma_z - log_z
        else:
            log_gamma_z, digamma_z = stirling(z)
            product *= z
            if product > LARGEST_PRODUCT:
                value -= 0.5 * math.log(product)
                product = 1.0
        value += log_gamma_z + counts[t] * log_mean - z * log_more
        slope += digamma_z - log_more - ratio
        residual[t] = counts[t] - ratio * mean if abs(deviation[t]) < LOG_MEAN_BOUND else 0.0
    return value - 0.5 * math.log(product), 0.0 if bounded else slope


@compiled
def node_response(at: JourneyParameters, data: EntryData, n: int, response: Array, slopes: Array) -> None:
    """Fill the log response of one paid node with what is carried over, if anything is; see `entry_response`.

    The last row of `slopes` (4, T) is the derivative in `carryover`.
    """
    spend = data.relative_spend[n]
    carried, spend_slope = np.zeros_like(spend), np.zeros_like(spend)
    if at.carryover.shape[0] > 0:
        carry_over(spend, at.carryover[n], carried, spend_slope)
        spend = carried
    floor, saturation = at.response_floor[n], at.response_saturation[n]
    entry_response(spend, spend_slope, at.beta1[n], floor, saturation, response, slopes)


@compiled
def add_response_slopes(change: JourneyParameters, n: int, residual: Array, slopes: Array) -> None:
    """Add one paid node's derivatives in what its response depends on."""
    change.beta1[n] += inner(residual, slopes[0])
    change.response_floor[n] += inner(residual, slopes[1])
    change.response_saturation[n] += inner(residual, slopes[2])
    if change.carryover.shape[0] > 0:
        change.carryover[n] += inner(residual, slopes[3])


@compiled
def entries_log_density(at: JourneyParameters, change: JourneyParameters, data: EntryData) -> float:
    """Negative binomial log density of the entries.

    The log mean of node n in period t is base_n + entry_level_n + response_nt + demand_mt, the response as in
    `entry_response` for the paid nodes, which are the first, and 0 for the others; spend acts with what is
    carried over, if anything is; the variance is mean + mean^2 / dispersion. The demand's mean over the
    periods is taken off, for the levels are a mean already: two of them would make a ridge.
    """
    nodes, periods = data.counts.shape
    paid = data.relative_spend.shape[0]
    value = data.constant.item()
    demand, demand_slope = at.demand.copy(), np.zeros_like(at.demand)
    for m in range(demand.shape[0]):
        centre(demand[m])
    deviation, residual, slopes = np.zeros(periods), np.zeros(periods), np.zeros((4, periods))
    for n in range(nodes):
        m = int(data.market[n])
        if n < paid:
            node_response(at, data, n, deviation, slopes)
        else:
            for t in range(periods):
                deviation[t] = 0.0
        for t in range(periods):
            deviation[t] += at.entry_level[n] + demand[m, t]
        density, slope = count_residuals(deviation, data.base[n], at.dispersion[n], data.counts[n], residual)
        value += density
        change.dispersion[n] += slope
        for t in range(periods):
            change.entry_level[n] += residual[t]
            demand_slope[m, t] += residual[t]
        if n < paid:
            add_response_slopes(change, n, residual, slopes)
    for m in range(demand.shape[0]):
        centre(demand_slope[m])
        for t in range(periods):
            change.demand[m, t] += demand_slope[m, t]
    return value


@compiled
def held_mean_log_density(periods: int, persistence: float, scale: float) -> tuple[float, float, float]:
    """Return what lets the density of a path whose mean is held near 0 integrate to 1, and its slopes.

    The sum of a stationary path of T periods has the variance V = scale^2 / (1 - r^2) (T + 2 sum_k (T - k)
    r^k); the factor exp(-sum^2 / (2 T MEAN_SPREAD^2)) has the mean (1 + V / (T MEAN_SPREAD^2))^(-1/2).
    """
    power, sums, sums_slope = 1.0, float(periods), 0.0
    for k in range(1, periods):
        sums_slope += 2.0 * k * (periods - k) * power
        power *= persistence
        sums += 2.0 * (periods - k) * power
    stationary = 1.0 - persistence * persistence
    ratio = scale**2 / stationary * sums / (periods * MEAN_SPREAD**2)
    share = ratio / (1.0 + ratio)
    slope = 0.5 * share * (sums_slope / sums + 2.0 * persistence / stationary)
    return 0.5 * math.log1p(ratio), slope, share / scale


@compiled
def demand_log_density(at: JourneyParameters, change: JourneyParameters, controls: Array) -> float:
    """Log density of the demand paths (M, T), autoregressive around controls (M, T, P); up to a constant.

    What of a path the controls do not explain is a stationary first-order process of mean 0, with
    `demand_persistence` the correlation of neighbours and `demand_scale` the standard deviation of a step
    given the one before. Its mean, of which the counts say nothing, is held near 0; persistence and scale
    have their priors all the same.
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
        norm, persistence_slope, scale_slope = held_mean_log_density(periods, r, scale)
        value += norm
        change.demand_persistence[m] += persistence_slope
        change.demand_scale[m] += scale_slope
        for t in range(periods):
            change.demand[m, t] += slope[t]
            slope[t] *= -1.0
        add_control_slope(controls[m], slope, change.control_coefficients[m])
    return value
