"""Compiled log densities of the two forms of the `poisson` model, with their gradients."""

import math
from typing import NamedTuple

import numpy as np

from conversionflow.core.compiled import compiled
from conversionflow.estimation.density_kernel import (
    LOG_MEAN_BOUND,
    on_whole_line,
    prior_log_density,
    total,
)
from conversionflow.estimation.journey_kernel import count_residuals as negative_binomial_residuals
from conversionflow.estimation.regression_kernel import (
    RegressionData,
    add_effect_slopes,
    poisson_parameters,
    regression_effects,
    regression_size,
    shared_effects_log_density,
)
from conversionflow.estimation.types import Array


class OverdispersedParameters(NamedTuple):
    """The parameters of the negative binomial form, in the order in which a point holds them."""

    entry_level: Array
    beta1: Array
    parent_effects: Array
    control_coefficients: Array
    beta1_across_markets: Array
    beta1_market_spread: Array
    dispersion: Array


@compiled
def poisson_log_density(point: Array, priors: Array, data: RegressionData) -> tuple[float, Array]:
    """Log density and its gradient at a point (D,) on the whole line, up to the priors' constants.

    The log mean of node n is base_n + entry_level_n + its effects (`regression_effects`).
    """
    value, x, slope, gradient = prior_log_density(point, priors)
    change = np.zeros_like(x)
    at, change_at = poisson_parameters(x, data), poisson_parameters(change, data)
    slopes = regression_effects(at, data)
    value += data.constant.item() + shared_effects_log_density(at, change_at, data)
    for n in range(data.counts.shape[0]):
        deviation = slopes[n] + at.entry_level[n]
        value += poisson_residuals(deviation, data.base[n], data.counts[n], slopes[n])
        change_at.entry_level[n] += total(slopes[n])
    add_effect_slopes(slopes, change_at, data)
    return on_whole_line(value, change, slope, gradient)


@compiled
def overdispersed_log_density(point: Array, priors: Array, data: RegressionData) -> tuple[float, Array]:
    """`poisson_log_density` with counts of variance mean + mean^2 / dispersion, one for each node."""
    value, x, slope, gradient = prior_log_density(point, priors)
    change = np.zeros_like(x)
    at, change_at = poisson_parameters(x, data), poisson_parameters(change, data)
    first = regression_size(data)
    slopes = regression_effects(at, data)
    value += data.constant.item() + shared_effects_log_density(at, change_at, data)
    for n in range(data.counts.shape[0]):
        deviation = slopes[n] + at.entry_level[n]
        density, steepness = negative_binomial_residuals(
            deviation, data.base[n], x[first + n], data.counts[n], slopes[n]
        )
        value += density
        change[first + n] += steepness
        change_at.entry_level[n] += total(slopes[n])
    add_effect_slopes(slopes, change_at, data)
    return on_whole_line(value, change, slope, gradient)


@compiled
def poisson_residuals(deviation: Array, base: float, counts: Array, residual: Array) -> float:
    """Return the log density of one node's counts and fill its derivative in the log mean."""
    value = 0.0
    for t in range(counts.shape[0]):
        log_mean = base + min(max(deviation[t], -LOG_MEAN_BOUND), LOG_MEAN_BOUND)
        mean = math.exp(log_mean)
        value += counts[t] * log_mean - mean
        residual[t] = counts[t] - mean if abs(deviation[t]) < LOG_MEAN_BOUND else 0.0
    return value
