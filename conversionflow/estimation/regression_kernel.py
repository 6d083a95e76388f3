"""Compiled parts that the regressions of conversions share: the effects on the log mean, there and back."""

from typing import NamedTuple

import numpy as np

from conversionflow.core.compiled import compiled
from conversionflow.estimation.density_kernel import (
    add_control_slope,
    control_effect,
    inner,
    pooled_log_density,
)
from conversionflow.estimation.types import Array


class PoissonParameters(NamedTuple):
    """The parameters, or a gradient, by name and in the order in which a point holds them.

    The effect across markets and its spread are empty where no touchpoint has spend in more than one market.
    """

    entry_level: Array
    beta1: Array
    parent_effects: Array
    control_coefficients: Array
    beta1_across_markets: Array
    beta1_market_spread: Array


class RegressionData(NamedTuple):
    """What a regression knows.

    `counts` (N, T), `base` (N,) the log of their mean, `activity` (N, T) v, `edges` (E, 3) parent, child and
    share pi with the children in order, `market` (N,), `controls` (M, T, P), `pool` (paid,) the number of the
    touchpoint that a paid node, of which the first are, is in its market, or -1 where nothing is pooled, and
    `constant` () the term in the counts alone.
    """

    counts: Array
    base: Array
    activity: Array
    edges: Array
    market: Array
    controls: Array
    pool: Array
    constant: Array


@compiled
def regression_size(data: RegressionData) -> int:
    """Count the elements of `PoissonParameters` in a point."""
    markets, _, kinds = data.controls.shape
    own: int = data.counts.shape[0] + data.pool.shape[0] + data.edges.shape[0] + markets * kinds
    return own + pools(data) + min(pools(data), 1)


@compiled
def pools(data: RegressionData) -> int:
    """Count the touchpoints that have spend in more than one market."""
    return int(data.pool.max()) + 1 if data.pool.shape[0] > 0 else 0


@compiled
def poisson_parameters(x: Array, data: RegressionData) -> PoissonParameters:
    """Look at the beginning of an array (D,) as the parameters that all the regressions have."""
    slope = data.counts.shape[0]
    parents = slope + data.pool.shape[0]
    coefficients = parents + data.edges.shape[0]
    markets, _, kinds = data.controls.shape
    across = coefficients + markets * kinds
    spread = across + pools(data)
    return PoissonParameters(
        x[:slope],
        x[slope:parents],
        x[parents:coefficients],
        x[coefficients:across].reshape((markets, kinds)),
        x[across:spread],
        x[spread : regression_size(data)],
    )


@compiled
def regression_effects(at: PoissonParameters, data: RegressionData) -> Array:
    """Return what spend, parents and controls add to the log mean, (N, T).

    Of node n: beta1_n v_n + sum_e parent_effects_e pi_e v_p(e) + control_coefficients_m . z_m.
    """
    nodes, periods = data.counts.shape
    markets = data.controls.shape[0]
    shared, effects = np.zeros((markets, periods)), np.zeros((nodes, periods))
    for m in range(markets):
        control_effect(data.controls[m], at.control_coefficients[m], shared[m])
    for n in range(nodes):
        add_scaled(effects[n], 1.0, shared[int(data.market[n])])
        if n < at.beta1.shape[0]:
            add_scaled(effects[n], at.beta1[n], data.activity[n])
    for e in range(data.edges.shape[0]):
        weight = at.parent_effects[e] * data.edges[e, 2]
        add_scaled(effects[int(data.edges[e, 1])], weight, data.activity[int(data.edges[e, 0])])
    return effects


@compiled
def add_effect_slopes(slopes: Array, change: PoissonParameters, data: RegressionData) -> None:
    """Add to the gradient, but for `entry_level`, from the derivative `slopes` (N, T) in the effects."""
    nodes, periods = data.counts.shape
    markets = data.controls.shape[0]
    shared = np.zeros((markets, periods))
    for n in range(nodes):
        add_scaled(shared[int(data.market[n])], 1.0, slopes[n])
        if n < change.beta1.shape[0]:
            change.beta1[n] += inner(slopes[n], data.activity[n])
    for e in range(data.edges.shape[0]):
        parent, child = int(data.edges[e, 0]), int(data.edges[e, 1])
        change.parent_effects[e] += data.edges[e, 2] * inner(slopes[child], data.activity[parent])
    for m in range(markets):
        add_control_slope(data.controls[m], shared[m], change.control_coefficients[m])


@compiled
def shared_effects_log_density(
    at: PoissonParameters, change: PoissonParameters, data: RegressionData
) -> float:
    """Log density of the effects of spend around those of their touchpoints across markets."""
    value: float = pooled_log_density(
        at.beta1,
        change.beta1,
        at.beta1_across_markets,
        change.beta1_across_markets,
        at.beta1_market_spread,
        change.beta1_market_spread,
        data.pool,
    )
    return value


@compiled
def add_scaled(target: Array, factor: float, values: Array) -> None:
    """Add factor times values, in place."""
    for t in range(values.shape[0]):
        target[t] += factor * values[t]
