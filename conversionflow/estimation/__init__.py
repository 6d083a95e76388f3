"""Bayesian estimation of the network of touchpoints: statistics in, posterior draws and response out."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conversionflow.estimation.comparison import Evidence as Evidence
    from conversionflow.estimation.comparison import comparison_frame as comparison_frame
    from conversionflow.estimation.comparison import held_out_density as held_out_density
    from conversionflow.estimation.controls import country_of as country_of
    from conversionflow.estimation.controls import public_holidays as public_holidays
    from conversionflow.estimation.experiments import conflicts as conflicts
    from conversionflow.estimation.experiments import with_experiments as with_experiments
    from conversionflow.estimation.export import ParameterExport as ParameterExport
    from conversionflow.estimation.fitting import Fit as Fit
    from conversionflow.estimation.fitting import SamplerSettings as SamplerSettings
    from conversionflow.estimation.fitting import fit as fit
    from conversionflow.estimation.frames import constants_frame as constants_frame
    from conversionflow.estimation.frames import diagnostics_frame as diagnostics_frame
    from conversionflow.estimation.frames import draws_frame as draws_frame
    from conversionflow.estimation.frames import priors_frame as priors_frame
    from conversionflow.estimation.frames import summary_frame as summary_frame
    from conversionflow.estimation.network import NetworkData as NetworkData
    from conversionflow.estimation.prior_predictive import prior_checks_frame as prior_checks_frame
    from conversionflow.estimation.response import Response as Response

_HOMES = {
    "Evidence": "comparison",
    "Fit": "fitting",
    "NetworkData": "network",
    "ParameterExport": "export",
    "Response": "response",
    "SamplerSettings": "fitting",
    "comparison_frame": "comparison",
    "conflicts": "experiments",
    "constants_frame": "frames",
    "country_of": "controls",
    "diagnostics_frame": "frames",
    "draws_frame": "frames",
    "fit": "fitting",
    "held_out_density": "comparison",
    "prior_checks_frame": "prior_predictive",
    "priors_frame": "frames",
    "public_holidays": "controls",
    "summary_frame": "frames",
    "with_experiments": "experiments",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    """Import a name's module when it is first asked for: a plan needs none of the samplers' libraries."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
