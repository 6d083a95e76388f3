"""Bayesian estimation of the network of touchpoints: statistics in, posterior draws and response out."""

from conversionflow.estimation.comparison import Evidence, comparison_frame, held_out_density
from conversionflow.estimation.controls import country_of, public_holidays
from conversionflow.estimation.experiments import conflicts, with_experiments
from conversionflow.estimation.export import ParameterExport
from conversionflow.estimation.fit import Fit, SamplerSettings, fit
from conversionflow.estimation.frames import (
    constants_frame,
    diagnostics_frame,
    draws_frame,
    priors_frame,
    summary_frame,
)
from conversionflow.estimation.network import NetworkData
from conversionflow.estimation.prior_predictive import prior_checks_frame
from conversionflow.estimation.response import Response

__all__ = [
    "Evidence",
    "Fit",
    "NetworkData",
    "ParameterExport",
    "Response",
    "SamplerSettings",
    "comparison_frame",
    "conflicts",
    "constants_frame",
    "country_of",
    "diagnostics_frame",
    "draws_frame",
    "fit",
    "held_out_density",
    "prior_checks_frame",
    "priors_frame",
    "public_holidays",
    "summary_frame",
    "with_experiments",
]
