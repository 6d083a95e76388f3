"""What a model expects before it has seen the counts: draws of its parameters from their priors."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import stats

from conversionflow.estimation import density_kernel as kernel
from conversionflow.estimation import journey
from conversionflow.estimation.checks import compared_statistics
from conversionflow.estimation.comparison import observations_of
from conversionflow.estimation.fitting import MODELS, Fit, SamplerSettings
from conversionflow.estimation.network import NetworkData
from conversionflow.estimation.nodes import Index, Nodes
from conversionflow.estimation.types import Array
from conversionflow.estimation.unconstrained import UnconstrainedDensity

PRIOR_DRAWS = 200
#: What each model is asked for. The moves of `journey` have an integrated prior and are left out.
MEASURES = {"journey": "entries", "poisson": "conversions", "hurdle": "conversions"}
#: Forms of which every parameter has a prior to draw from, but the demand in units of its scale and effects
#: that lie around others.
SAMPLED_FORM = {"journey": journey.NON_CENTRED}


def prior_checks_frame(
    model: str, data: NetworkData, settings: SamplerSettings, credible_mass: float
) -> pd.DataFrame:
    """Compare the counts with those that a model expects before it has seen more of them than their level.

    Returns
    -------
    DataFrame
        As `conversionflow.estimation.checks.checks_frame`, without dispersion and transform.
    """
    rng = np.random.default_rng(settings.seed)
    module = MODELS[model]
    priors = settings.priors_of(model)
    form = SAMPLED_FORM.get(model, module.FORMS[0])
    density = UnconstrainedDensity.of(module.build(data, priors, form))
    draws = _prior_draws(density, data, rng)
    parameters = module.publish(data, draws, settings.reference_periods, rng)
    unseen = Fit(model, data, draws, tuple(parameters), (), {})
    observed = observations_of(unseen, PRIOR_DRAWS, settings.reference_periods)[MEASURES[model]]
    drawn = observed.distribution.draw(rng)
    rows = compared_statistics(Nodes.of(data), observed.counts, drawn, credible_mass)
    return pd.DataFrame(rows).assign(model=model, measure=MEASURES[model], basis="prior")


def _prior_draws(
    density: UnconstrainedDensity, data: NetworkData, rng: np.random.Generator
) -> dict[str, Array]:
    """Draw every parameter from its prior, as the arrays (1, draw, ...) of one chain."""
    columns = np.column_stack([draw_prior(row, PRIOR_DRAWS, rng) for row in density.priors])
    draws = {
        name: columns[None, :, density.places[name]].reshape(1, PRIOR_DRAWS, *shape)
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
