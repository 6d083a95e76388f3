"""Compilation of numerical kernels."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile a function with numba, keeping the machine code on disk for the next process.

    The code runs beside other threads, and a division by zero gives what it gives in numpy.
    """
    return cast(Function, numba.njit(cache=True, nogil=True, error_model="numpy")(function))
