"""The chance that spend moves nothing at all, and draws that allow for it.

Where spend moves nothing, estimated effects still differ from one another by chance. A plan is chosen for
these differences, so it looks better than today's, and nearly every draw of a model that has never heard of
"nothing" agrees. Before the data one in ten therefore goes to no effect of any touchpoint, the rest to the
model's priors.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.special import expit, logit

from conversionflow.estimation.types import Array

#: Probability before the data that spend has no effect at all.
BEFORE = 0.1
#: Draws of the prior that its moments at 0 are taken from.
PRIOR_DRAWS = 4000
#: Draws for each effect below which the moments of so many effects are not known.
DRAWS_PER_EFFECT = 5


def no_effect_probability(posterior: Mapping[str, Array], prior: Mapping[str, Array]) -> float:
    """Return the posterior probability that all of some effects are 0.

    The Bayes factor of "all are 0" within the model is the density at 0 after the data over that before
    (the Savage-Dickey ratio: Dickey 1971, Annals of Mathematical Statistics 42, 204-223). Both densities are
    taken as normal with the draws' means and covariances.

    Parameters
    ----------
    posterior, prior : dicts of arrays (chain, draw, ...)
        Draws of the same effects after the data and before.

    Returns
    -------
    float
        0 where a prior has all its draws on one side of 0, for then it says that there is an effect, or where
        the draws are too few for their covariances.
    """
    after, before = (_side_by_side(draws, list(prior)) for draws in (posterior, prior))
    if not ((before > 0.0).any(axis=0) & (before < 0.0).any(axis=0)).all():
        return 0.0
    if min(len(after), len(before)) < DRAWS_PER_EFFECT * after.shape[1]:
        return 0.0
    log_bayes_factor = _log_density_at_zero(after) - _log_density_at_zero(before)
    return float(expit(log_bayes_factor + logit(BEFORE)))


def allow_for_no_effect(
    posterior: Mapping[str, Array],
    effects: Sequence[str],
    followers: Sequence[str],
    probability: float,
    rng: np.random.Generator,
) -> dict[str, Array]:
    """Set the effects to 0 in draws chosen with some probability.

    Parameters
    ----------
    posterior : dict of arrays (chain, draw, ...)
        Draws that know of effects only.
    effects
        Parameters that are 0 where there is no effect.
    followers
        Parameters, of those there are, that lie elsewhere then: they move by their regression on the effects,
        as they would if all were jointly normal.
    probability
        Of no effect.
    rng
        Chooses the draws.

    Returns
    -------
    dict of arrays (chain, draw, ...)
        The posterior of the model that allows for no effect.
    """
    chains, draws = posterior[effects[0]].shape[:2]
    chosen = rng.random((chains, draws)) < probability
    allowed = dict(posterior)
    if not chosen.any():
        return allowed
    drawn = _side_by_side(posterior, effects)
    centred = drawn - drawn.mean(axis=0)
    for name in [name for name in followers if name in posterior]:
        values = posterior[name].reshape(chains * draws, -1)
        slopes, *_ = np.linalg.lstsq(centred, values - values.mean(axis=0), rcond=None)
        moved = np.where(chosen.reshape(-1, 1), values - drawn @ slopes, values)
        allowed[name] = moved.reshape(posterior[name].shape)
    for name in effects:
        allowed[name] = posterior[name].copy()
        allowed[name][chosen] = 0.0
    return allowed


def _side_by_side(draws: Mapping[str, Array], names: Sequence[str]) -> Array:
    """Lay the values of some parameters side by side, (draws of all chains, values)."""
    count = np.prod(draws[names[0]].shape[:2])
    return np.concatenate([draws[name].reshape(count, -1) for name in names], axis=1)


def _log_density_at_zero(draws: Array) -> float:
    """Log density at 0 of the normal distribution with the moments of draws (S, D)."""
    spread = draws.std(axis=0)
    scaled = (draws - draws.mean(axis=0)) / spread
    distance = draws.mean(axis=0) / spread
    correlations = scaled.T @ scaled / len(draws)
    _, log_determinant = np.linalg.slogdet(2.0 * np.pi * correlations)
    return float(
        -0.5 * distance @ np.linalg.solve(correlations, distance)
        - 0.5 * log_determinant
        - np.log(spread).sum()
    )
