"""Compiled log density of the `journey` model with its gradient, put together from its parts."""

import math

import numpy as np

from conversionflow.core.compiled import compiled
from conversionflow.estimation.density_kernel import (
    add_control_slope,
    control_effect,
    inner,
    on_whole_line,
    pooled_log_density,
    prior_log_density,
)
from conversionflow.estimation.experiment_kernel import ExperimentData, experiments_log_density
from conversionflow.estimation.journey_kernel import (
    EntryData,
    JourneyParameters,
    demand_log_density,
    entries_log_density,
    journey_parameters,
)
from conversionflow.estimation.moves_kernel import (
    MoveData,
    OnwardData,
    moves_log_density,
    onward_log_density,
)
from conversionflow.estimation.types import Array


@compiled
def journey_log_density(
    point: Array,
    priors: Array,
    controls: Array,
    entries: EntryData,
    moves: MoveData,
    onward: OnwardData,
    converting: MoveData,
    experiments: ExperimentData,
) -> tuple[float, Array]:
    """Log density and its gradient at a point (D,) on the whole line, up to the priors' constants.

    `priors` is the table of `prior_log_density`, `controls` (M, T, P).
    """
    value, x, slope, gradient = prior_log_density(point, priors)
    change = np.zeros_like(x)
    at, change_at = journey_parameters(x, controls, entries), journey_parameters(change, controls, entries)
    value += network_log_density(at, change_at, controls, entries, moves, onward, converting, experiments)
    return on_whole_line(value, change, slope, gradient)


@compiled
def non_centred_journey_log_density(
    point: Array,
    priors: Array,
    controls: Array,
    entries: EntryData,
    moves: MoveData,
    onward: OnwardData,
    converting: MoveData,
    experiments: ExperimentData,
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
    value += network_log_density(at, change_at, controls, entries, moves, onward, converting, experiments)
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
    onward: OnwardData,
    converting: MoveData,
    experiments: ExperimentData,
) -> float:
    """Log density of everything but the priors of the single parameters."""
    value = demand_log_density(at, change, controls)
    value += entries_log_density(at, change, entries)
    value += pooled_log_density(
        at.beta1,
        change.beta1,
        at.beta1_across_markets,
        change.beta1_across_markets,
        at.beta1_market_spread,
        change.beta1_market_spread,
        entries.pool,
    )
    value += pooled_log_density(
        at.parent_effects,
        change.parent_effects,
        at.parent_effects_across_markets,
        change.parent_effects_across_markets,
        at.parent_effects_market_spread,
        change.parent_effects_market_spread,
        entries.pool,
    )
    value += pooled_log_density(
        at.conversion_effects,
        change.conversion_effects,
        at.conversion_effects_mean,
        change.conversion_effects_mean,
        at.conversion_effects_spread,
        change.conversion_effects_spread,
        np.zeros_like(at.conversion_effects),
    )
    value += onward_log_density(at, change, moves, onward)
    value += moves_log_density(at.conversion_effects, change.conversion_effects, converting)
    return value + experiments_log_density(at, change, entries, moves, converting, experiments)
