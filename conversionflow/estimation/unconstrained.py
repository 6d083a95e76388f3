"""A PyMC model's log density on the whole space, where the sampler moves.

PyMC states the model: parameters, priors, bounds, likelihood. Where every prior is of a known family and the
likelihood is one `FusedLogDensity`, nothing is left to compile.
"""

from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
import pymc as pm
from pymc.distributions.continuous import FlatRV, TruncatedNormalRV
from pymc.pytensorf import constant_fold
from pytensor.tensor.random import basic as random

from conversionflow.estimation import density_kernel as kernel
from conversionflow.estimation.fused import FusedLogDensity
from conversionflow.estimation.types import Array

WHOLE_LINE = (-np.inf, np.inf)
#: Family and bounds of each kind of PyMC variable; a truncated one brings its bounds.
FAMILIES = {
    FlatRV: (kernel.FLAT, WHOLE_LINE),
    random.NormalRV: (kernel.NORMAL, WHOLE_LINE),
    random.HalfNormalRV: (kernel.NORMAL, (0.0, np.inf)),
    TruncatedNormalRV: (kernel.NORMAL, ()),
    random.StudentTRV: (kernel.STUDENT_T, WHOLE_LINE),
    random.LogNormalRV: (kernel.LOG_NORMAL, (0.0, np.inf)),
    random.GammaRV: (kernel.GAMMA, (0.0, np.inf)),
    random.ExponentialRV: (kernel.GAMMA, (0.0, np.inf)),
    random.BetaRV: (kernel.BETA, (0.0, 1.0)),
}


@dataclass(frozen=True)
class UnconstrainedDensity:
    """Log density, up to a constant, of a model's parameters on the space where the sampler moves.

    Attributes
    ----------
    shapes
        Shape of each parameter by name; a point holds them one after another.
    priors : array (D, 6)
        Prior of each element of a point (see `density_kernel.prior_log_density`).
    likelihood
        The rest of the density.
    """

    shapes: dict[str, tuple[int, ...]]
    priors: Array
    likelihood: FusedLogDensity

    @classmethod
    def of(cls, model: pm.Model) -> "UnconstrainedDensity":
        """Take apart a PyMC model.

        Raises
        ------
        TypeError
            Where a prior has no kernel, with the parameter's name, or the likelihood is something else.
        """
        found = model.eval_rv_shapes()
        shapes = {rv.name: tuple(map(int, found[rv.name])) for rv in model.free_RVs}
        operations = [potential.owner.op for potential in model.potentials]
        if model.observed_RVs or len(operations) != 1 or not isinstance(operations[0], FusedLogDensity):
            raise TypeError("The likelihood of the model must be one FusedLogDensity")
        priors = np.concatenate([_prior_rows(rv, shapes[rv.name]) for rv in model.free_RVs])
        return cls(shapes, priors, operations[0])

    @cached_property
    def places(self) -> dict[str, slice]:
        """Where each parameter lies in a point."""
        ends = np.cumsum([0, *(prod(shape) for shape in self.shapes.values())]).tolist()
        return {name: slice(*ends[k : k + 2]) for k, name in enumerate(self.shapes)}

    def parameters(self, point: Array) -> dict[str, Array]:
        """Return the parameters at a point (D,)."""
        _, x, _, _ = kernel.prior_log_density(point, self.priors)
        return {name: x[self.places[name]].reshape(shape) for name, shape in self.shapes.items()}

    def __call__(self, point: Array) -> tuple[float, Array]:
        """Return the log density and its gradient at a point (D,)."""
        return self.likelihood.kernel(point, self.priors, *self.likelihood.data)


def _prior_rows(rv: Any, shape: tuple[int, ...]) -> Array:
    """Rows of the table of priors for one variable."""
    operation = rv.owner.op
    if type(operation) not in FAMILIES:
        raise TypeError(f"Parameter {rv.name!r} has the prior {operation}, which has no kernel")
    family, bounds = FAMILIES[type(operation)]
    arguments = [np.asarray(value, np.float64) for value in constant_fold(operation.dist_params(rv.owner))]
    if isinstance(operation, random.ExponentialRV):
        arguments.insert(0, np.ones(1))
    known = arguments if bounds else arguments[:2]
    columns: list[Any] = [family, *known, *[0.0] * (3 - len(known)), *(bounds or arguments[2:])]
    return np.column_stack([np.broadcast_to(column, shape).ravel() for column in columns])
