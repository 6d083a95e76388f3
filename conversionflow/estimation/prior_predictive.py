"""What a model expects before it has seen the counts: draws of its parameters from their priors."""

import numpy as np
import pandas as pd

from conversionflow.estimation.checks import compared_statistics
from conversionflow.estimation.comparison import observations_of
from conversionflow.estimation.fitting import MODELS, Fit, SamplerSettings
from conversionflow.estimation.network import NetworkData
from conversionflow.estimation.nodes import Nodes
from conversionflow.estimation.prior_draws import prior_draws

PRIOR_DRAWS = 200
#: What each model is asked for. The moves of `journey` have an integrated prior and are left out.
MEASURES = {"journey": "entries", "poisson": "conversions", "hurdle": "conversions"}


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
    draws = prior_draws(module, data, settings.priors_of(model), PRIOR_DRAWS, rng)
    parameters = module.publish(data, draws, settings.reference_periods, rng)
    unseen = Fit(model, data, draws, tuple(parameters), (), {})
    observed = observations_of(unseen, PRIOR_DRAWS, settings.reference_periods)[MEASURES[model]]
    drawn = observed.distribution.draw(rng)
    rows = compared_statistics(Nodes.of(data), observed.counts, drawn, credible_mass)
    return pd.DataFrame(rows).assign(model=model, measure=MEASURES[model], basis="prior")
