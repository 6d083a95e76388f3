"""Compilation of numerical kernels."""

import hashlib
import inspect
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core.caching import FunctionCache
from numba.core.runtime import rtsys

Function = TypeVar("Function", bound=Callable[..., Any])

FOLDER = "kernels-"


@cache
def cache_folder(package: Path) -> Path:
    """Where the machine code of a package's very source lies.

    Numba looks at the file of a function only. A function that calls one of another file would go on with the
    machine code of what that once was, so the folder has the name of all of it.
    """
    sources = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(package.glob("*.py"))))
    parent = Path(numba.config.CACHE_DIR) if numba.config.CACHE_DIR else package / "__pycache__"
    return parent / f"{FOLDER}{package.name}-{sources.hexdigest()[:16]}"


def clear_old_code(package: Path) -> None:
    """Delete the machine code of other versions of a package's source."""
    current = cache_folder(package)
    for folder in current.parent.glob(f"{FOLDER}{package.name}-*"):
        if folder != current:
            shutil.rmtree(folder, ignore_errors=True)


class _MachineCode(FunctionCache):  # type: ignore[misc]
    """Numba's cache, without loading the compiler for machine code that is there already.

    Numba reads its rules of typing and code generation before it looks into its cache, which takes longer
    than all our kernels; where it has to compile it reads them itself.
    """

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the machine code of a signature, or None where there is none."""
        rtsys.initialize(target_context)
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)


def compiled(function: Function) -> Function:
    """Compile a function with numba, keeping the machine code on disk for the next process.

    The code runs beside other threads, and a division by zero gives what it gives in numpy.
    """
    theirs = numba.config.CACHE_DIR
    folder = str(cache_folder(Path(inspect.getfile(function)).parent))
    numba.config.CACHE_DIR = folder
    try:
        kernel = numba.njit(nogil=True, error_model="numpy")(function)
        kernel._cache = _MachineCode(function)
        return cast(Function, kernel)
    finally:
        numba.config.CACHE_DIR = theirs
