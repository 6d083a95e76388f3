"""The `poisson` model: a regression of the conversions that close at each touchpoint.

With the effects of `conversionflow.estimation.regression`::

    Y_kt ~ Poisson(exp(beta0_k + effects_kt))

Where counts vary more than that, the negative binomial form has the variance mean + mean^2 / dispersion_k.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from conversionflow.estimation import regression
from conversionflow.estimation.network import NetworkData
from conversionflow.estimation.nodes import log_mean_count
from conversionflow.estimation.poisson_kernel import (
    OverdispersedParameters,
    overdispersed_log_density,
    poisson_log_density,
)
from conversionflow.estimation.priors import Prior
from conversionflow.estimation.regression import Regression
from conversionflow.estimation.regression_kernel import PoissonParameters
from conversionflow.estimation.types import OVERDISPERSION, Array, Parameter

if TYPE_CHECKING:
    import pymc as pm

#: Default priors by name; `dispersion` is in the negative binomial form only.
DEFAULT_PRIORS: dict[str, Prior] = {
    **regression.DEFAULT_PRIORS,
    "dispersion": {"distribution": "LogNormal", "mu": 3.0, "sigma": 1.0},
}
PLAIN, OVERDISPERSED = "plain", "negative binomial"
OPTIONAL_PRIORS: dict[str, Prior] = {}
FORMS = (PLAIN, OVERDISPERSED)
#: The form to go to, by form and what is wrong with it.
REMEDIES = {(PLAIN, OVERDISPERSION): OVERDISPERSED}
#: The regressions do not ask whether spend has an effect at all.
EFFECTS: tuple[str, ...] = ()
FOLLOWERS: tuple[str, ...] = ()
constants = regression.constants


def build(data: NetworkData, priors: Mapping[str, Prior], form: str = PLAIN) -> "pm.Model":
    """Write the model down for PyMC, in one of `FORMS`."""
    view = Regression.of(data)
    names, kernel = {
        PLAIN: (PoissonParameters._fields, poisson_log_density),
        OVERDISPERSED: (OverdispersedParameters._fields, overdispersed_log_density),
    }[form]
    return regression.write(view, names, priors, kernel, view.known(log_mean_count(view.counts)))


def publish(
    data: NetworkData, posterior: Mapping[str, Array], reference_periods: int, rng: np.random.Generator
) -> list[Parameter]:
    """Turn the sampled arrays (chain, draw, ...) into the published parameters; nothing here is random.

    `reference_conversions` are the expected conversions per period at the mean of u for every paid
    touchpoint, under the mean conditions (controls and organic parents) of the last `reference_periods`
    periods.
    """
    del rng
    view = Regression.of(data)
    intercepts = posterior["entry_level"] + log_mean_count(view.counts)
    reference = view.reference_mean(posterior, intercepts, reference_periods)
    return [
        view.nodes.parameter("beta0", intercepts),
        view.nodes.parameter("reference_conversions", reference),
        *(view.nodes.parameter(name, posterior[name]) for name in ("dispersion",) if name in posterior),
        *view.slope_parameters(posterior),
    ]
