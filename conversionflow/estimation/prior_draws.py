"""Draws of a model's parameters from their priors."""

from collections.abc import Mapping
from types import ModuleType

import numpy as np
from scipy import stats

from conversionflow.estimation import density_kernel as kernel
from conversionflow.estimation import journey
from conversionflow.estimation.network import NetworkData
from conversionflow.estimation.nodes import Index, Nodes
from conversionflow.estimation.priors import Prior
from conversionflow.estimation.types import Array

#: Forms of which every parameter has a prior to draw from, but the demand in units of its scale and effects
#: that lie around others.
SAMPLED_FORM = {journey: journey.NON_CENTRED}


def prior_draws(
    module: ModuleType, data: NetworkData, priors: Mapping[str, Prior], size: int, rng: np.random.Generator
) -> dict[str, Array]:
    """Draw every parameter of a model from its prior, as the arrays (1, size, ...) of one chain."""
    from conversionflow.estimation.unconstrained import UnconstrainedDensity

    density = UnconstrainedDensity.of(module.build(data, priors, SAMPLED_FORM.get(module, module.FORMS[0])))
    columns = np.column_stack([draw_prior(row, size, rng) for row in density.priors])
    draws = {
        name: columns[None, :, density.places[name]].reshape(1, size, *shape)
        for name, shape in density.shapes.items()
    }
    if "standardised_demand" in draws:
        draws["standardised_demand"] = _paths(draws, len(data.periods), rng)
    nodes = Nodes.of(data)
    for name, (middle, spread) in journey.POOLED.items():
        if middle in draws:
            draws[name] = _around(draws[middle], draws[spread], draws[name].shape, nodes.pool, rng)
    return draws


def _around(
    middle: Array, spread: Array, shape: tuple[int, ...], pool: Index, rng: np.random.Generator
) -> Array:
    """Draw effects (1, draw, paid) around the common ones (1, draw) or (1, draw, pools)."""
    centre = middle[:, :, pool] if middle.ndim > 2 else middle[..., None]
    drawn: Array = centre + spread[..., None] * rng.standard_normal(shape)
    return drawn


def draw_prior(row: Array, size: int, rng: np.random.Generator) -> Array:
    """Draw from one row of the table of priors (`density_kernel.prior_log_density`); 0 where it is flat."""
    family, p, q, r, lower, upper = row
    if family == kernel.FLAT:
        return np.zeros(size)
    distributions = {
        kernel.NORMAL: lambda: stats.truncnorm((lower - p) / q, (upper - p) / q, loc=p, scale=q),
        kernel.STUDENT_T: lambda: stats.t(p, loc=q, scale=r),
        kernel.LOG_NORMAL: lambda: stats.lognorm(q, scale=np.exp(p)),
        kernel.GAMMA: lambda: stats.gamma(p, scale=q),
        kernel.BETA: lambda: stats.beta(p, q),
    }
    draws: Array = distributions[family]().rvs(size, random_state=rng)
    return draws


def _paths(draws: Mapping[str, Array], periods: int, rng: np.random.Generator) -> Array:
    """Stationary autoregressive paths in units of a step, of mean 0, (1, draw, M, T)."""
    persistence = draws["demand_persistence"]
    noise = rng.standard_normal((*persistence.shape, periods))
    paths = np.empty_like(noise)
    paths[..., 0] = noise[..., 0] / np.sqrt(1.0 - persistence**2)
    for t in range(1, periods):
        paths[..., t] = persistence * paths[..., t - 1] + noise[..., t]
    centred: Array = paths - paths.mean(axis=-1, keepdims=True)
    return centred
