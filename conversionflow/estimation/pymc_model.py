"""A model written down for PyMC: parameters with their priors, and the compiled likelihood.

Only what samples needs PyMC, which takes a second to import: fits that are kept are read without it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pymc as pm
import pytensor.tensor as pt

from conversionflow.core.errors import SettingsError
from conversionflow.estimation.fused import FusedLogDensity, Kernel
from conversionflow.estimation.priors import PRIOR_OF, Prior


def pymc_model(
    coords: Mapping[str, Sequence[str]],
    names: Sequence[str],
    dimensions: Mapping[str, Sequence[str]],
    priors: Mapping[str, Prior],
    likelihood: tuple[Kernel, *tuple[Any, ...]],
    flat: Sequence[str] = (),
) -> pm.Model:
    """Write a model down.

    Parameters
    ----------
    coords
        Labels of the axes.
    names
        Parameters in the order in which the kernel reads them.
    dimensions
        Axes of each parameter.
    priors
        Prior of each parameter.
    likelihood
        Kernel and the data it takes.
    flat
        Parameters without a prior: their density is part of the likelihood.

    Raises
    ------
    SettingsError
        For a prior that cannot be built.
    """
    with pm.Model(coords=coords) as model:
        for name in names:
            if name in flat:
                pm.Flat(name, dims=tuple(dimensions[name]))
            else:
                _draw_from(name, priors[PRIOR_OF.get(name, name)], dimensions[name])
    add_log_density(model, *likelihood)
    return model


def add_log_density(model: pm.Model, kernel: Kernel, *data: Any) -> None:
    """Add the likelihood to a model that has its parameters, which come in the order of their making."""
    parameters = pt.concatenate([parameter.ravel() for parameter in model.free_RVs])
    value, _ = FusedLogDensity(kernel, data)(parameters)
    pm.Potential("log_likelihood", value, model=model)


def _draw_from(name: str, prior: Prior, dims: Sequence[str]) -> None:
    """Add the parameter `name` to the model under construction."""
    arguments = dict(prior)
    distribution = getattr(pm, str(arguments.pop("distribution")))
    try:
        distribution(name, dims=tuple(dims), **arguments)
    except (TypeError, ValueError) as error:
        raise SettingsError(f"The prior of {name!r} cannot be built from {arguments}: {error}") from error
