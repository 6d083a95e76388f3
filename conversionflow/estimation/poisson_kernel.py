"""Compiled log density of the `poisson` model with its gradient."""

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


class PoissonParameters(NamedTuple):
    """The parameters, or a gradient, by name and in the order in which a point holds them."""

    entry_level: Array
    beta1: Array
    parent_effects: Array
    control_coefficients: Array


class RegressionData(NamedTuple):
    """What the regression knows.

    `counts` (N, T), `base` (N,) the log of their mean, `activity` (N, T) v, `edges` (E, 3) parent, child and
    share pi with the children in order, `market` (N,), `controls` (M, T, P), `paid` () how many of the nodes
    are paid, which are the first, and `constant` () the term in the counts alone.
    """

    counts: Array
    base: Array
    activity: Array
    edges: Array
    market: Array
    controls: Array
    paid: Array
    constant: Array


@compiled
def poisson_parameters(x: Array, data: RegressionData) -> PoissonParameters:
    """Look at an array (D,) as the model's parameters."""
    slope = data.counts.shape[0]
    parents = slope + int(data.paid.item())
    coefficients = parents + data.edges.shape[0]
    markets, _, kinds = data.controls.shape
    return PoissonParameters(
        x[:slope], x[slope:parents], x[parents:coefficients], x[coefficients:].reshape((markets, kinds))
    )


@compiled
def poisson_log_density(point: Array, priors: Array, data: RegressionData) -> tuple[float, Array]:
    """Log density and its gradient at a point (D,) on the whole line, up to the priors' constants."""
    value, x, slope, gradient = prior_log_density(point, priors)
    change = np.zeros_like(x)
    value += conversions_log_density(poisson_parameters(x, data), poisson_parameters(change, data), data)
    return on_whole_line(value, change, slope, gradient)


@compiled
def conversions_log_density(at: PoissonParameters, change: PoissonParameters, data: RegressionData) -> float:
    """Poisson log density of the conversions closed at each node; adds to the gradient.

    The log mean of node n is base_n + entry_level_n + beta1_n v_n + sum_e parent_effects_e pi_e v_p(e) +
    control_coefficients_m . z_m.
    """
    nodes, periods = data.counts.shape
    paid, links = at.beta1.shape[0], data.edges.shape[0]
    value = data.constant.item()
    deviation, residual = np.zeros(periods), np.zeros(periods)
    markets = data.controls.shape[0]
    effect, change_effect = np.zeros((markets, periods)), np.zeros((markets, periods))
    for m in range(markets):
        control_effect(data.controls[m], at.control_coefficients[m], effect[m])
    first = 0
    for n in range(nodes):
        m = int(data.market[n])
        for t in range(periods):
            deviation[t] = at.entry_level[n] + effect[m, t]
        if n < paid:
            add_scaled(deviation, at.beta1[n], data.activity[n])
        last = first
        while last < links and int(data.edges[last, 1]) == n:
            weight = at.parent_effects[last] * data.edges[last, 2]
            add_scaled(deviation, weight, data.activity[int(data.edges[last, 0])])
            last += 1
        value += count_residuals(deviation, data.base[n], data.counts[n], residual)
        change.entry_level[n] += total(residual)
        add_scaled(change_effect[m], 1.0, residual)
        if n < paid:
            change.beta1[n] += inner(residual, data.activity[n])
        for e in range(first, last):
            parent = int(data.edges[e, 0])
            change.parent_effects[e] += data.edges[e, 2] * inner(residual, data.activity[parent])
        first = last
    for m in range(markets):
        add_control_slope(data.controls[m], change_effect[m], change.control_coefficients[m])
    return value


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
def add_scaled(target: Array, factor: float, values: Array) -> None:
    """Add factor times values, in place."""
    for t in range(values.shape[0]):
        target[t] += factor * values[t]
