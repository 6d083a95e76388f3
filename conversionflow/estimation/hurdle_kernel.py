"""Compiled log density of the `hurdle` model with its gradient."""

import math
from typing import NamedTuple

import numpy as np

from conversionflow.core.compiled import compiled
from conversionflow.estimation.density_kernel import (
    LOG_MEAN_BOUND,
    inner,
    on_whole_line,
    prior_log_density,
    total,
)
from conversionflow.estimation.regression_kernel import (
    RegressionData,
    add_effect_slopes,
    add_scaled,
    poisson_parameters,
    regression_effects,
    regression_size,
    shared_effects_log_density,
)
from conversionflow.estimation.types import Array


class HurdleParameters(NamedTuple):
    """The parameters, or a gradient, by name and in the order in which a point holds them."""

    entry_level: Array
    beta1: Array
    parent_effects: Array
    control_coefficients: Array
    beta1_across_markets: Array
    beta1_market_spread: Array
    occurrence_level: Array
    occurrence_slope: Array


@compiled
def hurdle_log_density(
    point: Array, priors: Array, data: RegressionData, log_odds: Array
) -> tuple[float, Array]:
    """Log density and its gradient at a point (D,) on the whole line, up to the priors' constants.

    With f the effects of `regression_effects`, the log odds of any conversion at node n are log_odds_n +
    occurrence_level_n + occurrence_slope_n f_n, and the log rate of the Poisson counts, from which 0 is cut
    off, base_n + entry_level_n + f_n.
    """
    value, x, slope, gradient = prior_log_density(point, priors)
    change = np.zeros_like(x)
    at, change_at = poisson_parameters(x, data), poisson_parameters(change, data)
    nodes, periods = data.counts.shape
    first = regression_size(data)
    level, steepness = x[first : first + nodes], x[first + nodes :]
    effects, slopes = regression_effects(at, data), np.zeros((nodes, periods))
    odds_slope = np.zeros(periods)
    value += data.constant.item() + shared_effects_log_density(at, change_at, data)
    for n in range(nodes):
        odds = effects[n] * steepness[n] + (log_odds[n] + level[n])
        value += occurrence_residuals(odds, data.counts[n], odds_slope)
        deviation = effects[n] + at.entry_level[n]
        value += positive_residuals(deviation, data.base[n], data.counts[n], slopes[n])
        change_at.entry_level[n] += total(slopes[n])
        change[first + n] += total(odds_slope)
        change[first + nodes + n] += inner(odds_slope, effects[n])
        add_scaled(slopes[n], steepness[n], odds_slope)
    add_effect_slopes(slopes, change_at, data)
    return on_whole_line(value, change, slope, gradient)


@compiled
def occurrence_residuals(log_odds: Array, counts: Array, residual: Array) -> float:
    """Return the log probability of the counts being 0 or not, and fill its derivative in the log odds."""
    value = 0.0
    for t in range(counts.shape[0]):
        signed = log_odds[t] if counts[t] > 0.0 else -log_odds[t]
        small = math.exp(-abs(signed))
        value += min(signed, 0.0) - math.log1p(small)
        wrong = (small if signed > 0.0 else 1.0) / (1.0 + small)
        residual[t] = wrong if counts[t] > 0.0 else -wrong
    return value


@compiled
def positive_residuals(deviation: Array, base: float, counts: Array, residual: Array) -> float:
    """Return the zero-truncated Poisson log density of the counts above 0; fill its slope in the log rate."""
    value = 0.0
    for t in range(counts.shape[0]):
        residual[t] = 0.0
        if counts[t] > 0.0:
            log_rate = base + min(max(deviation[t], -LOG_MEAN_BOUND), LOG_MEAN_BOUND)
            rate = math.exp(log_rate)
            above = -math.expm1(-rate)
            value += counts[t] * log_rate - rate - math.log(above)
            if abs(deviation[t]) < LOG_MEAN_BOUND:
                residual[t] = counts[t] - rate / above
    return value
