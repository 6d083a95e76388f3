"""A log density with its gradient in one compiled pass, as a PyTensor operation.

A model written in PyMC holds its likelihood as one such operation of all its parameters. The sampler calls
its kernel directly (`conversionflow.estimation.unconstrained`); PyTensor's own compiler needs half a minute
for the same.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import pytensor.tensor as pt
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op

from conversionflow.estimation.density_kernel import flat_priors
from conversionflow.estimation.types import Array

#: Point, table of priors, data -> log density and gradient.
Kernel: TypeAlias = Callable[..., tuple[float, Array]]


class FusedLogDensity(Op):  # type: ignore[misc]
    """The log likelihood of a model at the vector of its parameters, with its gradient.

    Parameters
    ----------
    kernel
        Compiled function of a point (D,), a table of priors (D, 6) and the data, to the log density and its
        gradient (D,).
    data
        The data.
    """

    def __init__(self, kernel: Kernel, data: tuple[Any, ...]) -> None:
        self.kernel = kernel
        self.data = data

    def make_node(self, parameters: Any) -> Apply[Any]:
        """Build the graph node: the value, then the gradient."""
        return Apply(self, [pt.as_tensor_variable(parameters)], [pt.dscalar(), pt.dvector()])

    def perform(self, node: Apply[Any], inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        """Evaluate."""
        del node
        value, gradient = self.kernel(inputs[0], flat_priors(len(inputs[0])), *self.data)
        output_storage[0][0], output_storage[1][0] = np.asarray(value), gradient

    def grad(self, inputs: Sequence[Any], output_gradients: Sequence[Any]) -> list[Any]:
        """Chain rule for the value."""
        return [output_gradients[0] * self(*inputs)[1]]

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Build the node from the vector of parameters."""
        return super().__call__(*arguments, **options)
