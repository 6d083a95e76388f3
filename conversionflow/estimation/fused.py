"""Log densities with their gradients in one compiled pass, as PyTensor operations.

PyTensor's own graph of these densities takes several times as long to evaluate and to compile.
"""

import inspect
import sys
import zlib
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import pytensor.tensor as pt
from pytensor.gradient import grad_undefined
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch.basic import register_funcify_default_op_cache_key

Tensor: TypeAlias = pt.TensorVariable[Any, Any]


class FusedLogDensity(Op):  # type: ignore[misc]
    """A scalar log density whose kernel returns the value and the gradient together.

    Parameters
    ----------
    kernel
        Numba function of the parameters, then the data, to a tuple: the value as an array without axes, and
        for each parameter the gradient in the parameter's shape.
    parameters
        How many of the kernel's arguments are parameters.
    """

    __props__ = ("name",)

    def __init__(self, kernel: Callable[..., tuple[np.ndarray, ...]], parameters: int) -> None:
        self.name = kernel.__name__
        self.kernel = kernel
        self.parameters = parameters

    def make_node(self, *arguments: Any) -> Apply[Any]:
        """Build the graph node: the value, then the gradients."""
        inputs = [pt.as_tensor_variable(argument) for argument in arguments]
        gradients = [
            pt.TensorType("float64", shape=value.type.shape)() for value in inputs[: self.parameters]
        ]
        return Apply(self, inputs, [pt.dscalar(), *gradients])

    def perform(self, node: Apply[Any], inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        """Evaluate outside of compiled graphs."""
        del node
        for storage, value in zip(output_storage, self.kernel(*inputs), strict=True):
            storage[0] = np.asarray(value)

    def grad(self, inputs: Sequence[Any], output_gradients: Sequence[Any]) -> list[Any]:
        """Chain rule for the value; the data have no gradient."""
        _, *gradients = self(*inputs)
        known = [output_gradients[0] * gradient for gradient in gradients]
        return known + [
            grad_undefined(self, position, value)
            for position, value in enumerate(inputs[self.parameters :], start=self.parameters)
        ]

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Build the node from parameters and data."""
        return super().__call__(*arguments, **options)


@register_funcify_default_op_cache_key(FusedLogDensity)  # type: ignore[untyped-decorator]
def _compiled(operation: FusedLogDensity, **_: Any) -> tuple[Callable[..., Any], int]:
    """Give the kernel to PyTensor's compiler, with a version by which its cache sees a changed kernel."""
    source = inspect.getsource(sys.modules[operation.kernel.__module__])
    return operation.kernel, zlib.crc32(source.encode())
