"""Compiled routines of scipy, without the package around them.

`scipy.optimize` takes longer to import than a plan to find.
"""

from functools import cache
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path
from typing import Any

import scipy

ITERATIONS = 100
"""Steps of `scipy.optimize.brentq`, unless one asks for others."""


@cache
def routine(library: str, name: str) -> Any:
    """Return a routine of a library of `scipy.optimize`, as scipy 1.16 and 1.17 have it.

    Raises
    ------
    ImportError
        Where this scipy has no such library.
    """
    folder = Path(scipy.__file__).parent / "optimize"
    found = PathFinder.find_spec(library, [str(folder)])
    if found is None or found.loader is None:
        raise ImportError(f"scipy {scipy.__version__} has no {library} in {folder}; install another version.")
    module = module_from_spec(found)
    found.loader.exec_module(module)
    return getattr(module, name)


def brentq(function: Any, low: float, high: float, xtol: float, rtol: float) -> float:
    """Return the root between two sides of it, as `scipy.optimize.brentq` does; the function is never nan."""
    root = routine("_zeros", "_brentq")(function, low, high, xtol, rtol, ITERATIONS, (), False, True)
    return float(root)
