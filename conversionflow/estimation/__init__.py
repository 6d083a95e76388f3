"""Bayesian estimation of the network of touchpoints: statistics in, posterior draws and response out."""

from conversionflow.estimation.controls import country_of, public_holidays
from conversionflow.estimation.experiments import conflicts, with_experiments
from conversionflow.estimation.export import ParameterExport
from conversionflow.estimation.fit import Fit, SamplerSettings, fit
from conversionflow.estimation.frames import constants_frame, diagnostics_frame, draws_frame, summary_frame
from conversionflow.estimation.network import NetworkData
from conversionflow.estimation.response import Response

__all__ = [
    "Fit",
    "NetworkData",
    "ParameterExport",
    "Response",
    "SamplerSettings",
    "conflicts",
    "constants_frame",
    "country_of",
    "diagnostics_frame",
    "draws_frame",
    "fit",
    "public_holidays",
    "summary_frame",
    "with_experiments",
]
