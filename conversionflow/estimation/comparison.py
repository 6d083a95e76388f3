"""How well models predict: leave-one-out and held-out predictive densities, and stacking weights."""

import logging
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import arviz as az
import numpy as np
import pandas as pd
from scipy.special import logsumexp

from conversionflow.estimation import journey_predictive, regression_predictive
from conversionflow.estimation.chains import ChainStore
from conversionflow.estimation.checks import checks_frame
from conversionflow.estimation.fitting import Fit, SamplerSettings, fit
from conversionflow.estimation.frames import constants_frame, draws_frame
from conversionflow.estimation.network import MINIMUM_PERIODS, NetworkData
from conversionflow.estimation.nodes import Nodes
from conversionflow.estimation.predictive import CountDistribution, Observed, thinned
from conversionflow.estimation.response import Response
from conversionflow.estimation.types import Array

logger = logging.getLogger("conversionflow")

#: What each model's likelihood is of. Leave-one-out densities are compared among models of the same only.
OBSERVATIONS = {
    "journey": "entries, moves and conversions",
    "poisson": "conversions",
    "hurdle": "conversions",
}
#: Posterior draws that predictions are judged with, and the most values of an array of them.
JUDGED_DRAWS, FEWEST_DRAWS, MOST_VALUES = 1000, 200, 10_000_000
COMPARED = ("elpd_loo", "elpd_loo_se", "elpd_diff", "weight", "pareto_k_bad", "elpd_holdout")


@dataclass(frozen=True, eq=False)
class Evidence:
    """What a fitted model says of each count it was fitted to, with and without having seen it.

    An observation is everything that was seen at one touchpoint of one market in one period.

    Attributes
    ----------
    fit
        The fit.
    observations
        Counts and their distribution given each of S draws, by what is counted.
    log_weights : array (S, N, T)
        Importance weights of the draws with each observation left out.
    loo
        ArviZ's expected log predictive density, by observation (Vehtari, Gelman and Gabry 2017).
    """

    fit: Fit
    observations: Mapping[str, Observed]
    log_weights: Array
    loo: Any

    @classmethod
    def of(cls, fitted: Fit, reference_periods: int) -> "Evidence":
        """Judge a fit."""
        data = fitted.data
        cells = int(data.active.sum()) * len(data.periods)
        keep = min(JUDGED_DRAWS, max(FEWEST_DRAWS, MOST_VALUES // cells))
        observations = observations_of(fitted, keep, reference_periods)
        log_likelihood = np.sum([observed.log_likelihood for observed in observations.values()], axis=0)
        loo = leave_one_out(log_likelihood, len(next(iter(fitted.posterior.values()))))
        return cls(fitted, observations, left_out_weights(log_likelihood), loo)

    def checks(self, credible_mass: float, seed: int) -> pd.DataFrame:
        """Tabulate the predictive checks (`conversionflow.estimation.checks.checks_frame`)."""
        rng = np.random.default_rng(seed)
        nodes = Nodes.of(self.fit.data)
        table = checks_frame(nodes, self.observations, self.log_weights, credible_mass, rng)
        return table.assign(model=self.fit.model, basis="posterior")


def observations_of(fitted: Fit, keep: int, reference_periods: int) -> dict[str, Observed]:
    """Return the counts a model was fitted to, with their distribution for `keep` of its draws."""
    posterior = thinned(fitted.posterior, keep)
    if fitted.model == "journey":
        response = _response(fitted, keep)
        return journey_predictive.observations(fitted.data, posterior, response, reference_periods)
    return regression_predictive.observations(fitted.data, posterior)


def forecast_of(
    fitted: Fit, whole: NetworkData, keep: int, reference_periods: int, rng: np.random.Generator
) -> CountDistribution:
    """Predict the conversions (S, N, T') in the periods of `whole` that follow the fitted ones."""
    posterior = thinned(fitted.posterior, keep)
    if fitted.model == "journey":
        response = _response(fitted, keep)
        return journey_predictive.forecast(fitted.data, whole, posterior, response, reference_periods, rng)
    return regression_predictive.forecast(fitted.data, whole, posterior, reference_periods)


def _response(fitted: Fit, keep: int) -> Response:
    return Response.from_frames(fitted.model, draws_frame(fitted, keep), constants_frame(fitted))


def leave_one_out(log_likelihood: Array, chains: int) -> Any:
    """Return ArviZ's leave-one-out density of a log likelihood (S, N, T), whose draws come chain by chain."""
    trace = az.from_dict(
        log_likelihood={"observation": log_likelihood.reshape(chains, -1, *log_likelihood.shape[1:])}
    )
    with warnings.catch_warnings():
        # Large Pareto k are counted in a column.
        warnings.filterwarnings("ignore", message="Estimated shape parameter of Pareto", category=UserWarning)
        # Thinned to a fraction of those that passed the gate, the draws count as independent.
        return az.loo(trace, pointwise=True, reff=1.0)


def left_out_weights(log_likelihood: Array) -> Array:
    """Log weights of the draws with each observation left out, (S, N, T): truncated (Ionides 2008).

    For the transform of `checks` they do as well as smoothed ones, which cost as much again as the density.
    """
    ratios = -log_likelihood
    mean = logsumexp(ratios, axis=0) - np.log(len(ratios))
    weights: Array = np.minimum(ratios - mean, 0.5 * np.log(len(ratios)))
    return weights


def held_out_density(
    model: str,
    data: NetworkData,
    settings: SamplerSettings,
    periods: int,
    store: ChainStore | None = None,
) -> float | None:
    """Log predictive density of the conversions of the last periods, fitted to those before.

    It is the same for all models: of what closes at each touchpoint, given spend and calendar alone.

    Returns
    -------
    float or None
        None where the shorter fit did not converge, or too few periods would be left to fit.
    """
    first = len(data.periods) - periods
    if periods == 0 or first < MINIMUM_PERIODS:
        return None
    logger.info("%s, without the last %d periods:", model, periods)
    fitted = fit(model, data.first(first), settings, store)
    if not fitted.converged:
        return None
    rng = np.random.default_rng(settings.seed)
    distribution = forecast_of(fitted, data, JUDGED_DRAWS, settings.reference_periods, rng)
    counts = Nodes.of(fitted.data).per_node(data.conversions)[:, first:]
    log = distribution.log_probability(counts)
    return float((logsumexp(log, axis=0) - np.log(len(log))).sum())


def comparison_frame(
    densities: Mapping[str, Any], held_out: Mapping[str, float | None], wanted: str
) -> pd.DataFrame:
    """Tabulate the models' predictive densities.

    Parameters
    ----------
    densities
        `Evidence.loo` by model; None where it did not converge: such a model is not compared and never
        selected.
    held_out
        `held_out_density` by model.
    wanted
        The model that plans are to rest on.

    Returns
    -------
    DataFrame
        Columns model, observations, those of `COMPARED`, and selected. `elpd_diff` and `weight` are among the
        models of the same observations: how much less than the best, and the stacking weight.
    """
    usable = {model: loo for model, loo in densities.items() if loo is not None}
    rows: dict[str, dict[str, Any]] = {}
    for group in dict.fromkeys(OBSERVATIONS.values()):
        rows |= _compared({model: loo for model, loo in usable.items() if OBSERVATIONS[model] == group})
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(COMPARED)).reindex(list(densities))
    table["elpd_holdout"] = pd.Series(held_out, dtype=np.float64)
    table["selected"] = [model == wanted and model in usable for model in table.index]
    table.insert(0, "observations", [OBSERVATIONS[model] for model in table.index])
    return table.rename_axis("model").reset_index()


def _compared(loos: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Densities, differences and stacking weights (Yao et al. 2018) of models of the same observations."""
    figures = {model: {"elpd_diff": 0.0, "weight": 1.0} for model in loos}
    if len(loos) > 1:
        with warnings.catch_warnings():
            # ArviZ's own call of pandas.
            warnings.filterwarnings("ignore", message="The inplace keyword in DataFrame.sort_values")
            ranked = az.compare(dict(loos), method="stacking")
        figures = ranked[["elpd_diff", "weight"]].to_dict(orient="index")
    return {
        model: {
            "elpd_loo": float(loo.elpd_loo),
            "elpd_loo_se": float(loo.se),
            "pareto_k_bad": int((loo.pareto_k > loo.good_k).sum()),
            **figures[model],
        }
        for model, loo in loos.items()
    }
