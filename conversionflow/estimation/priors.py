"""Prior distributions by name, settable."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import pymc as pm

from conversionflow.core.errors import SettingsError

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


def draw_parameters(
    names: Sequence[str],
    dimensions: Mapping[str, Sequence[str]],
    priors: Mapping[str, Prior],
    flat: Sequence[str] = (),
) -> None:
    """Add a model's parameters in the order in which its kernel reads them; those in `flat` have no prior."""
    for name in names:
        if name in flat:
            pm.Flat(name, dims=tuple(dimensions[name]))
        else:
            draw_from(name, priors["beta0" if name == "entry_level" else name], dimensions[name])


def draw_from(name: str, prior: Prior, dims: Sequence[str]) -> None:
    """Add the parameter `name` to the model under construction."""
    arguments = dict(prior)
    distribution = getattr(pm, str(arguments.pop("distribution")))
    try:
        distribution(name, dims=tuple(dims), **arguments)
    except TypeError as error:
        raise SettingsError(f"The prior of {name!r} cannot be built from {arguments}: {error}") from error
