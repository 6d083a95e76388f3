"""Compiled log densities of the models with their gradients (see `conversionflow.estimation.fused`)."""

import math

import numpy as np

from conversionflow.estimation.compiled import compiled
from conversionflow.estimation.types import Array

#: Log means further than this from the data's are cut off, which bounds the gradient.
LOG_MEAN_BOUND = 12.0
#: The sum of a path over the root of its length has this standard deviation.
MEAN_SPREAD = 0.1
#: From here on the asymptotic series of log gamma and digamma is exact to about 1e-13.
SERIES_START = 10.0
HALF_LOG_TWO_PI = 0.9189385332046727


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
    mean = values.mean()
    for t in range(values.shape[0]):
        values[t] -= mean


@compiled
def entries_log_density(
    level: Array,
    slope: Array,
    drop: Array,
    saturation: Array,
    demand: Array,
    dispersion: Array,
    counts: Array,
    base: Array,
    relative_spend: Array,
    market: Array,
) -> tuple[Array, Array, Array, Array, Array, Array, Array]:
    """Negative binomial log density of the entries, without the term in the counts alone.

    The log mean of node n in period t is base_n + level_n + response_nt + demand_mt, the response as in
    `entry_response` for the first nodes, as many as `slope` is long, and 0 for the others; the variance is
    mean + mean^2 / dispersion.
    """
    nodes, periods = counts.shape
    paid = slope.shape[0]
    value = 0.0
    d_level, d_response = np.zeros(nodes), np.zeros((3, paid))
    d_demand, d_dispersion = np.zeros(demand.shape), np.zeros(nodes)
    response, change = np.zeros(periods), np.zeros((3, periods))
    for n in range(nodes):
        m = int(market[n])
        if n < paid:
            entry_response(relative_spend[n], slope[n], drop[n], saturation[n], response, change)
        else:
            response = np.zeros(periods)
        a = dispersion[n]
        log_a = math.log(a)
        log_gamma_a, digamma_a = log_gamma_digamma(a)
        for t in range(periods):
            deviation = level[n] + demand[m, t] + response[t]
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
                    for row in range(3):
                        d_response[row, n] += d * change[row, t]
    return np.asarray(value), d_level, d_response[0], d_response[1], d_response[2], d_demand, d_dispersion


@compiled
def autoregressive_log_density(
    path: Array, persistence: Array, scale: Array
) -> tuple[Array, Array, Array, Array]:
    """Log density of stationary first-order autoregressive paths (M, T) of mean 0, up to a constant.

    `persistence` is the correlation of neighbours, `scale` the standard deviation of a step given the one
    before. The mean is held near 0, for the levels of the touchpoints already are a mean: two of them would
    make a ridge.
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


@compiled
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
