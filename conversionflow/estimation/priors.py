"""Prior distributions by name, settable."""

import math
from collections.abc import Mapping, Sequence
from typing import TypeAlias

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
#: Distributions whose `mu` may be any number.
REAL_CENTRE = ("Normal", "TruncatedNormal", "StudentT", "LogNormal")
#: Values of the distributions that do not take all.
SUPPORTS = {
    "HalfNormal": (0.0, math.inf),
    "LogNormal": (0.0, math.inf),
    "Gamma": (0.0, math.inf),
    "Beta": (0.0, 1.0),
    "Exponential": (0.0, math.inf),
}
#: Name in the samplers' models of the parameters whose prior has another, and the other way round.
SAMPLED_AS = {"beta0": "entry_level"}
PRIOR_OF = {sampled: name for name, sampled in SAMPLED_AS.items()}


def normal(mu: float, sigma: float) -> Prior:
    """Write down a normal prior."""
    return {"distribution": "Normal", "mu": mu, "sigma": sigma}


def with_overrides(
    model: str, defaults: Mapping[str, Prior], overrides: Mapping[str, Prior]
) -> dict[str, Prior]:
    """Replace the default priors that `overrides` names, as `beta1`, or as `poisson.beta1` for one model.

    Raises
    ------
    SettingsError
        For a distribution or an argument that cannot be used, or values that the parameter cannot take.
    """
    priors = dict(defaults)
    for name, default in defaults.items():
        for key in (name, f"{model}.{name}"):
            if key in overrides:
                priors[name] = _checked(key, overrides[key], default)
    return priors


def _checked(name: str, prior: Prior, default: Prior) -> Prior:
    """Refuse a prior with arguments out of their range, or of values that its parameter cannot take."""
    distribution = str(prior.get("distribution"))
    if distribution not in DISTRIBUTIONS:
        raise SettingsError(
            f"The prior of {name!r} has distribution {distribution!r}; choose one of "
            f"{', '.join(DISTRIBUTIONS)}"
        )
    free = ("distribution", "lower", "upper", *(("mu",) if distribution in REAL_CENTRE else ()))
    for argument, value in prior.items():
        if argument not in free and not float(value) > 0:
            raise SettingsError(f"The prior of {name!r} has {argument} {value}; it must be above 0")
    low, high = _support(default)
    lowest, highest = _support(prior)
    if not low <= lowest < highest <= high:
        raise SettingsError(
            f"The prior of {name!r} allows values from {lowest} to {highest}; the parameter takes "
            f"values from {low} to {high}"
        )
    return prior


def _support(prior: Prior) -> tuple[float, float]:
    """Smallest and largest value of a prior."""
    low, high = SUPPORTS.get(str(prior["distribution"]), (-math.inf, math.inf))
    return float(prior.get("lower", low)), float(prior.get("upper", high))


def with_pooling(
    names: Sequence[str], priors: Mapping[str, Prior], pooled: Mapping[str, tuple[str, str]], markets: bool
) -> tuple[list[str], dict[str, Prior], list[str]]:
    """Say which parameters a model has, and with which priors, where effects lie around common ones.

    Parameters
    ----------
    names
        All parameters that the model may have.
    priors
        By name; an effect's is that of the one in common.
    pooled
        Of each effect the names of the one in common and of the standard deviation.
    markets
        Whether anything is in common between markets.

    Returns
    -------
    names, priors
        Those in force.
    flat
        Effects whose density is that around the common ones.
    """
    kept = [name for name in names if markets or "_market" not in name]
    of_all = {middle: priors[name] for name, (middle, _) in pooled.items() if name in priors}
    return kept, {**priors, **of_all}, [name for name, (middle, _) in pooled.items() if middle in kept]
