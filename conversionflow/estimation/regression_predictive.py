"""What the regressions, `poisson` in both its forms and `hurdle`, say of the conversions of each period."""

from collections.abc import Mapping

import numpy as np
from scipy.special import expit

from conversionflow.estimation.density_kernel import LOG_MEAN_BOUND
from conversionflow.estimation.hurdle import base_log_odds, base_log_rate
from conversionflow.estimation.network import NetworkData
from conversionflow.estimation.nodes import log_mean_count
from conversionflow.estimation.predictive import (
    CountDistribution,
    HurdleCounts,
    NegativeBinomialCounts,
    Observed,
    PoissonCounts,
)
from conversionflow.estimation.regression import Regression
from conversionflow.estimation.types import Array


def observations(data: NetworkData, posterior: Mapping[str, Array]) -> dict[str, Observed]:
    """Conversions of the fitted periods, with their distribution for draws (S, ...)."""
    view = Regression.of(data)
    effects = view.effects(posterior, view.activity, data.controls)
    return {"conversions": Observed.plain(view.counts, _counts(view, posterior, effects))}


def forecast(
    data: NetworkData, whole: NetworkData, posterior: Mapping[str, Array], reference_periods: int
) -> CountDistribution:
    """Distribution of the conversions (S, N, T') of the periods of `whole` that follow those of `data`.

    Spend and calendar are those of these periods; organic touchpoints stay as active as they last were.
    """
    view = Regression.of(data)
    first = len(data.periods)
    effects = view.effects(
        posterior, view.later_activity(whole, reference_periods), whole.controls[:, first:]
    )
    return _counts(view, posterior, effects)


def _counts(view: Regression, posterior: Mapping[str, Array], effects: Array) -> CountDistribution:
    deviation = np.clip(posterior["entry_level"][:, :, None] + effects, -LOG_MEAN_BOUND, LOG_MEAN_BOUND)
    if "occurrence_level" in posterior:
        level = posterior["occurrence_level"] + base_log_odds(view.counts)
        chance = expit(level[:, :, None] + posterior["occurrence_slope"][:, :, None] * effects)
        return HurdleCounts(chance, np.exp(base_log_rate(view.counts)[:, None] + deviation))
    mean = np.exp(log_mean_count(view.counts)[:, None] + deviation)
    if "dispersion" in posterior:
        return NegativeBinomialCounts(mean, posterior["dispersion"][:, :, None])
    return PoissonCounts(mean)
