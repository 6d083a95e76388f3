"""Compiled log density of the `poisson` model with its gradient (see `conversionflow.estimation.fused`)."""

import math

import numpy as np

from conversionflow.estimation.compiled import compiled
from conversionflow.estimation.kernels import LOG_MEAN_BOUND
from conversionflow.estimation.types import Array


@compiled
def count_residuals(deviation: Array, base: float, counts: Array, residual: Array) -> float:
    """Return the log density of one node's counts and fill its derivative in the log mean."""
    value = 0.0
    for t in range(counts.shape[0]):
        log_mean = base + min(max(deviation[t], -LOG_MEAN_BOUND), LOG_MEAN_BOUND)
        mean = math.exp(log_mean)
        value += counts[t] * log_mean - mean
        residual[t] = counts[t] - mean if abs(deviation[t]) < LOG_MEAN_BOUND else 0.0
    return value


@compiled
def poisson_log_density(
    level: Array,
    slope: Array,
    parent_effects: Array,
    control: Array,
    counts: Array,
    base: Array,
    activity: Array,
    edges: Array,
    market: Array,
) -> tuple[Array, Array, Array, Array, Array]:
    """Poisson log density of the conversions closed at each node, without the term in the counts alone.

    The log mean of node n is base_n + level_n + slope_n v_n + sum_e parent_effects_e pi_e v_p(e) + control_m,
    with v the rows of `activity` and `control` (M, T). `edges` (E, 3) holds parent, child and pi, the
    children in order; the first nodes, as many as `slope` is long, are paid.
    """
    nodes, periods = counts.shape
    paid, links = slope.shape[0], edges.shape[0]
    value = 0.0
    d_level, d_slope, d_parent = np.zeros(nodes), np.zeros(paid), np.zeros(links)
    d_control = np.zeros(control.shape)
    deviation, residual = np.zeros(periods), np.zeros(periods)
    first = 0
    for n in range(nodes):
        m = int(market[n])
        for t in range(periods):
            deviation[t] = level[n] + control[m, t]
            if n < paid:
                deviation[t] += slope[n] * activity[n, t]
        last = first
        while last < links and int(edges[last, 1]) == n:
            weight = parent_effects[last] * edges[last, 2]
            add_scaled(deviation, weight, activity[int(edges[last, 0])])
            last += 1
        value += count_residuals(deviation, base[n], counts[n], residual)
        d_level[n] = residual.sum()
        add_scaled(d_control[m], 1.0, residual)
        if n < paid:
            d_slope[n] = inner(residual, activity[n])
        for e in range(first, last):
            d_parent[e] = edges[e, 2] * inner(residual, activity[int(edges[e, 0])])
        first = last
    return np.asarray(value), d_level, d_slope, d_parent, d_control


@compiled
def add_scaled(target: Array, factor: float, values: Array) -> None:
    """Add factor times values, in place."""
    for t in range(values.shape[0]):
        target[t] += factor * values[t]


@compiled
def inner(left: Array, right: Array) -> float:
    """Inner product, summed in order."""
    total = 0.0
    for t in range(left.shape[0]):
        total += left[t] * right[t]
    return total
