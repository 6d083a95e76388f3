"""Are ranks uniform? The envelope of the empirical distribution, and the fits whose ranks are asked about.

Where parameters and data are drawn from a model and the model is fitted to the data, the rank of each
parameter's true value among independent posterior draws is uniform (Cook, Gelman and Rubin 2006; Talts et al.
2018), and so is that of any function of parameters and data.
"""

from functools import cache

import numpy as np
from model_data import Drawn
from numpy.typing import NDArray
from scipy import stats

from conversionflow.estimation.effort import Chain, Effort
from conversionflow.estimation.fitting import MODELS
from conversionflow.estimation.sampling import compile_model, sample_chains

Array = NDArray[np.float64]
LOG_LIKELIHOOD = "log_likelihood"
#: Points at which the distribution is looked at, and samples of it under uniformity.
POINTS, SIMULATIONS = 20, 200_000
#: The code that draws of a posterior rest on.
POSTERIOR_SOURCES = tuple(
    f"conversionflow/estimation/{name}.py"
    for name in (
        "controls",
        "density_kernel",
        "effort",
        "experiment_kernel",
        "experiments",
        "fused",
        "hurdle",
        "hurdle_kernel",
        "journey",
        "journey_density",
        "journey_kernel",
        "moves",
        "moves_kernel",
        "network",
        "nodes",
        "poisson",
        "poisson_kernel",
        "priors",
        "pymc_model",
        "regression",
        "regression_kernel",
        "response_kernel",
        "sampling",
        "types",
        "unconstrained",
    )
)


def posterior(model: str, form: str, drawn: Drawn, effort: Effort) -> dict[str, Array]:
    """Sample one chain with the package's own density and sampler, thinned to nearly independent draws."""
    chains: dict[int, Chain] = {}
    compiled = compile_model(MODELS[model].build(drawn.data, drawn.priors, form))
    sample_chains(compiled, [0], effort, in_flight=1, label=model, finished=chains.__setitem__)
    return chains[0].draws


def ranks(drawn: Drawn, draws: dict[str, Array], seed: int) -> dict[str, float]:
    """Place of the truth among the draws, between 0 and 1, by quantity: every parameter, and the likelihood.

    Ties are broken at random, and so is the place within the step between two draws.
    """
    rng = np.random.default_rng([seed, 9])
    count = len(next(iter(draws.values())))
    each = [drawn.log_likelihood({name: values[s] for name, values in draws.items()}) for s in range(count)]
    values = {LOG_LIKELIHOOD: np.array(each), **draws}
    truth = {LOG_LIKELIHOOD: np.asarray(drawn.log_likelihood(drawn.truth)), **drawn.truth}
    found = {}
    for name, own in values.items():
        below = (own.reshape(count, -1) < truth[name].ravel()).sum(axis=0)
        places = (below + rng.random(below.shape)) / (count + 1)
        label = [name] if own.ndim == 1 else [f"{name}[{n}]" for n in range(len(places))]
        found |= dict(zip(label, places.tolist(), strict=True))
    return found


@cache
def _uniform_distances(count: int) -> Array:
    """Sorted values of `distance` for samples of the uniform distribution."""
    rng = np.random.default_rng(count)
    bins = rng.multinomial(count, np.full(POINTS, 1 / POINTS), SIMULATIONS)
    return np.sort(_tail(np.cumsum(bins, axis=1)[:, :-1], count))


@cache
def _sides(count: int) -> Array:
    """Smaller chance of either side, of 0 to `count` values below each point: (POINTS - 1, count + 1)."""
    points, below = np.arange(1, POINTS)[:, None] / POINTS, np.arange(count + 1)
    binomial = stats.binom(count, points)
    return np.minimum(binomial.cdf(below), binomial.sf(below - 1))


def _tail(below: Array, count: int) -> Array:
    """Smallest chance, over the points, of such a count (Saeilynoja, Buerkner and Vehtari 2022)."""
    smallest: Array = _sides(count)[np.arange(POINTS - 1), below].min(axis=1)
    return smallest


def uniformity(places: Array) -> float:
    """Chance that ranks (n,) between 0 and 1 of a uniform distribution leave its envelope as far as these."""
    points = np.arange(1, POINTS) / POINTS
    below = (places[:, None] < points).sum(axis=0)[None]
    reference = _uniform_distances(len(places))
    reached = np.searchsorted(reference, _tail(below, len(places))[0], side="right")
    return float((reached + 1) / (len(reference) + 1))


def p_values(fits: list[dict[str, float]]) -> dict[str, float]:
    """Return `uniformity` by quantity, times the number of quantities (Bonferroni), the smallest first."""
    names = sorted(fits[0])
    found = {name: uniformity(np.array([fit[name] for fit in fits])) * len(names) for name in names}
    return dict(sorted(found.items(), key=lambda item: item[1]))
