"""Compiled log densities of the models with their gradients (see `conversionflow.estimation.fused`)."""

import math

import numba
import numpy as np

from conversionflow.estimation.types import Array

#: Log means further than this from the data's are cut off, which bounds the gradient.
LOG_MEAN_BOUND = 12.0
#: The sum of a path over the root of its length has this standard deviation.
MEAN_SPREAD = 0.1
#: From here on the asymptotic series of log gamma and digamma is exact to about 1e-13.
SERIES_START = 10.0
HALF_LOG_TWO_PI = 0.9189385332046727


@numba.njit
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


@numba.njit
def entries_log_density(
    level: Array,
    slope: Array,
    offset: Array,
    saturation: Array,
    demand: Array,
    dispersion: Array,
    counts: Array,
    base: Array,
    relative_spend: Array,
    market: Array,
) -> tuple[Array, Array, Array, Array, Array, Array, Array]:
    """Negative binomial log density of the entries, without the term in the counts alone.

    The log mean of node n in period t is base_n + level_n + slope_n (f_nt - mean_t f_nt) + demand_mt with
    f = log((x + offset) / (x + offset + saturation)); the variance is mean + mean^2 / dispersion. The first nodes, as
    many as `slope` is long, are paid, the others have no f.
    """
    nodes, periods = counts.shape
    paid = slope.shape[0]
    value = 0.0
    d_level, d_slope, d_offset = np.zeros(nodes), np.zeros(paid), np.zeros(paid)
    d_demand, d_dispersion = np.zeros(demand.shape), np.zeros(nodes)
    d_saturation = np.zeros(paid)
    response, lift, ceiling = np.zeros(periods), np.zeros(periods), np.zeros(periods)
    mean_response, mean_lift, mean_ceiling = 0.0, 0.0, 0.0
    for n in range(nodes):
        m = int(market[n])
        if n < paid:
            for t in range(periods):
                lift[t] = 1.0 / (relative_spend[n, t] + offset[n])
                ceiling[t] = 1.0 / (relative_spend[n, t] + offset[n] + saturation[n])
                response[t] = math.log(ceiling[t] / lift[t])
            mean_response, mean_lift, mean_ceiling = response.mean(), lift.mean(), ceiling.mean()
        a = dispersion[n]
        log_a = math.log(a)
        log_gamma_a, digamma_a = log_gamma_digamma(a)
        for t in range(periods):
            deviation = level[n] + demand[m, t]
            if n < paid:
                deviation += slope[n] * (response[t] - mean_response)
            log_mean = base[n] + min(max(deviation, -LOG_MEAN_BOUND), LOG_MEAN_BOUND)
            mean = math.exp(log_mean)
            z = counts[n, t] + a
            log_total = math.log(a + mean)
            log_gamma_z, digamma_z = log_gamma_digamma(z)
            value += log_gamma_z - log_gamma_a + counts[n, t] * log_mean + a * log_a - z * log_total
            d_dispersion[n] += digamma_z - digamma_a + log_a + 1.0 - log_total - z / (a + mean)
            if abs(deviation) < LOG_MEAN_BOUND:
                d = counts[n, t] - z * mean / (a + mean)
                d_level[n] += d
                d_demand[m, t] += d
                if n < paid:
                    d_slope[n] += d * (response[t] - mean_response)
                    d_ceiling = d * slope[n] * (ceiling[t] - mean_ceiling)
                    d_offset[n] += d * slope[n] * (lift[t] - mean_lift) - d_ceiling
                    d_saturation[n] -= d_ceiling
    return np.asarray(value), d_level, d_slope, d_offset, d_saturation, d_demand, d_dispersion


@numba.njit
def autoregressive_log_density(path: Array, persistence: Array, scale: Array) -> tuple[Array, Array, Array, Array]:
    """Log density of stationary first-order autoregressive paths (M, T) of mean 0, up to a constant.

    `persistence` is the correlation of neighbours, `scale` the standard deviation of a step given the one before.
    The mean is held near 0, for the levels of the touchpoints already are a mean: two of them would make a ridge.
    """
    markets, periods = path.shape
    value = 0.0
    d_path, d_persistence, d_scale = np.zeros(path.shape), np.zeros(markets), np.zeros(markets)
    for m in range(markets):
        r, precision = persistence[m], 1.0 / scale[m] ** 2
        stationary = 1.0 - r * r
        squares = stationary * path[m, 0] ** 2
        total = path[m].sum()
        pin = total / (periods * MEAN_SPREAD**2)
        value -= 0.5 * total * pin
        d_path[m, 0] -= precision * stationary * path[m, 0]
        d_persistence[m] += precision * r * path[m, 0] ** 2 - r / stationary
        for t in range(1, periods):
            step = path[m, t] - r * path[m, t - 1]
            squares += step * step
            d_path[m, t] -= precision * step
            d_path[m, t - 1] += precision * r * step
            d_persistence[m] += precision * step * path[m, t - 1]
        value += 0.5 * math.log(stationary) - periods * math.log(scale[m]) - 0.5 * precision * squares
        for t in range(periods):
            d_path[m, t] -= pin
        d_scale[m] = (precision * squares - periods) / scale[m]
    return np.asarray(value), d_path, d_persistence, d_scale


@numba.njit
def moves_log_density(
    effects: Array, shape: Array, pull: Array, visits: Array, weights: Array, rate: Array
) -> tuple[Array, Array]:
    """Collapsed log density of moves given the effects of their targets (`conversionflow.estimation.moves`).

    `weights` (I, J) is a + C_ij where a move can happen and 0 elsewhere.
    """
    rows, periods = visits.shape
    value = 0.0
    gradient = np.zeros(effects.shape[0])
    for j in range(effects.shape[0]):
        value += effects[j] * pull[j]
        gradient[j] += pull[j]
        pulled = np.exp(effects[j] * shape[j])
        slope = pulled * shape[j]
        for i in range(rows):
            if weights[i, j] > 0.0:
                exposure, change = rate[i], 0.0
                for t in range(periods):
                    exposure += visits[i, t] * pulled[t]
                    change += visits[i, t] * slope[t]
                value -= weights[i, j] * math.log(exposure)
                gradient[j] -= weights[i, j] * change / exposure
    return np.asarray(value), gradient


@numba.njit
def poisson_log_density(
    level: Array,
    slope: Array,
    parent_effects: Array,
    coefficients: Array,
    counts: Array,
    base: Array,
    activity: Array,
    edges: Array,
    controls: Array,
    market: Array,
) -> tuple[Array, Array, Array, Array, Array]:
    """Poisson log density of the conversions closed at each node, without the term in the counts alone.

    The log mean of node n is base_n + level_n + slope_n v_n + sum_e parent_effects_e pi_e v_p(e) + control effect, with
    v the rows of `activity`. `edges` (E, 3) holds parent, child and pi, in any order; the first nodes are paid.
    """
    nodes, periods = counts.shape
    paid, links, kinds = slope.shape[0], edges.shape[0], controls.shape[2]
    value = 0.0
    d_level, d_slope, d_parent = np.zeros(nodes), np.zeros(paid), np.zeros(links)
    d_coefficients = np.zeros(coefficients.shape)
    deviation, residual = np.zeros(periods), np.zeros(periods)
    for n in range(nodes):
        m = int(market[n])
        for t in range(periods):
            deviation[t] = level[n]
            if n < paid:
                deviation[t] += slope[n] * activity[n, t]
            for p in range(kinds):
                deviation[t] += coefficients[m, p] * controls[m, t, p]
        for e in range(links):
            if int(edges[e, 1]) == n:
                weight, parent = parent_effects[e] * edges[e, 2], int(edges[e, 0])
                for t in range(periods):
                    deviation[t] += weight * activity[parent, t]
        for t in range(periods):
            log_mean = base[n] + min(max(deviation[t], -LOG_MEAN_BOUND), LOG_MEAN_BOUND)
            mean = math.exp(log_mean)
            value += counts[n, t] * log_mean - mean
            residual[t] = counts[n, t] - mean if abs(deviation[t]) < LOG_MEAN_BOUND else 0.0
            d_level[n] += residual[t]
            if n < paid:
                d_slope[n] += residual[t] * activity[n, t]
            for p in range(kinds):
                d_coefficients[m, p] += residual[t] * controls[m, t, p]
        for e in range(links):
            if int(edges[e, 1]) == n:
                parent = int(edges[e, 0])
                for t in range(periods):
                    d_parent[e] += residual[t] * activity[parent, t] * edges[e, 2]
    return np.asarray(value), d_level, d_slope, d_parent, d_coefficients
