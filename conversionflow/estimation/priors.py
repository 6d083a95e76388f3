"""Prior distributions by name, settable."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import pymc as pm

from conversionflow.core.errors import SettingsError
from conversionflow.estimation.fused import Tensor

#: A PyMC distribution's name under `distribution`, and its arguments by name.
Prior: TypeAlias = Mapping[str, str | float]

DISTRIBUTIONS = (
    "Normal",
    "HalfNormal",
    "TruncatedNormal",
    "StudentT",
    "LogNormal",
    "Gamma",
    "Beta",
    "Exponential",
)


def normal(mu: float, sigma: float) -> Prior:
    """Write down a normal prior."""
    return {"distribution": "Normal", "mu": mu, "sigma": sigma}


def with_overrides(defaults: Mapping[str, Prior], overrides: Mapping[str, Prior]) -> dict[str, Prior]:
    """Replace the default priors that `overrides` names; names of other models are passed over."""
    for name, prior in overrides.items():
        if prior.get("distribution") not in DISTRIBUTIONS:
            raise SettingsError(
                f"The prior of {name!r} has distribution {prior.get('distribution')!r}; "
                f"choose one of {', '.join(DISTRIBUTIONS)}"
            )
    return {name: overrides.get(name, prior) for name, prior in defaults.items()}


def draw_from(name: str, prior: Prior, dims: Sequence[str]) -> Tensor:
    """Add the parameter `name` to the model under construction."""
    arguments = dict(prior)
    distribution = getattr(pm, str(arguments.pop("distribution")))
    try:
        return distribution(name, dims=tuple(dims), **arguments)
    except TypeError as error:
        raise SettingsError(f"The prior of {name!r} cannot be built from {arguments}: {error}") from error
