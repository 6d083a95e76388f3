"""Compilation of numerical kernels."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile a function with numba, keeping the machine code on disk for the next process."""
    return cast(Function, numba.njit(cache=True)(function))
