"""The `hurdle` model: whether there are conversions at all, and how many where there are.

With the effects of `conversionflow.estimation.regression`, as in `poisson`::

    P(Y_kt > 0) = 1 / (1 + exp(-(occurrence0_k + occurrence_slope_k effects_kt)))
    Y_kt | Y_kt > 0 ~ Poisson(exp(beta0_k + effects_kt)), cut off at 1 (Mullahy 1986)

The expected conversions are P(Y > 0) rate / (1 - exp(-rate)).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logit

from conversionflow.estimation import regression
from conversionflow.estimation.hurdle_kernel import HurdleParameters, hurdle_log_density
from conversionflow.estimation.network import NetworkData
from conversionflow.estimation.priors import Prior, normal
from conversionflow.estimation.regression import Regression
from conversionflow.estimation.types import Array, Parameter

if TYPE_CHECKING:
    import pymc as pm

#: Default priors by name. `beta0` is the distance from the log mean of the counts above 0, and
#: `occurrence_level` from the log odds of a count above 0. A Poisson count of a small mean has the slope 1.
DEFAULT_PRIORS: dict[str, Prior] = {
    **regression.DEFAULT_PRIORS,
    "occurrence_level": normal(0.0, 1.5),
    "occurrence_slope": normal(1.0, 0.5),
}
OPTIONAL_PRIORS: dict[str, Prior] = {}
FORMS = ("plain",)
#: The form to go to, by form and what is wrong with it.
REMEDIES: dict[tuple[str, str], str] = {}
#: Mean of the counts above 0 of a touchpoint that has none.
NO_COUNT = 0.5
#: The regressions do not ask whether spend has an effect at all.
EFFECTS: tuple[str, ...] = ()
FOLLOWERS: tuple[str, ...] = ()
constants = regression.constants


def base_log_rate(counts: Array) -> Array:
    """Log of the mean count above 0 of each node (N, T)."""
    seen = (counts > 0).sum(axis=1)
    logs: Array = np.log(np.where(seen > 0, counts.sum(axis=1) / np.maximum(seen, 1), NO_COUNT))
    return logs


def base_log_odds(counts: Array) -> Array:
    """Log odds of a count above 0 of each node (N, T), with half a period added to both sides."""
    odds: Array = logit(((counts > 0).sum(axis=1) + 0.5) / (counts.shape[1] + 1.0))
    return odds


def build(data: NetworkData, priors: Mapping[str, Prior], form: str = FORMS[0]) -> "pm.Model":
    """Write the model down for PyMC; it has one form only."""
    del form
    view = Regression.of(data)
    likelihood = (hurdle_log_density, view.known(base_log_rate(view.counts)), base_log_odds(view.counts))
    return regression.write(view, HurdleParameters._fields, priors, *likelihood)


def publish(
    data: NetworkData, posterior: Mapping[str, Array], reference_periods: int, rng: np.random.Generator
) -> list[Parameter]:
    """Turn the sampled arrays (chain, draw, ...) into the published parameters; nothing here is random.

    `reference_rate` and `reference_log_odds` are those at the mean of u for every paid touchpoint, under the
    mean conditions (controls and organic parents) of the last `reference_periods` periods.
    """
    del rng
    view = Regression.of(data)
    intercepts = posterior["entry_level"] + base_log_rate(view.counts)
    occurrence = posterior["occurrence_level"] + base_log_odds(view.counts)
    reference = view.reference_mean(posterior, intercepts, reference_periods)
    reference_odds = occurrence + posterior["occurrence_slope"] * (np.log(reference) - intercepts)
    by_node = {
        "beta0": intercepts,
        "occurrence0": occurrence,
        "occurrence_slope": posterior["occurrence_slope"],
        "reference_rate": reference,
        "reference_log_odds": reference_odds,
    }
    return [
        *(view.nodes.parameter(name, values) for name, values in by_node.items()),
        *view.slope_parameters(posterior),
    ]
