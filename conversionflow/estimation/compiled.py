"""Compilation of numerical kernels."""

import hashlib
import shutil
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])

FOLDER = "kernels-"


@lru_cache(maxsize=1)
def cache_folder() -> Path:
    """Where the machine code of this very source lies.

    Numba looks at the file of a function only. A function that calls one of another file would go on with the
    machine code of what that once was, so the folder has the name of all of it.
    """
    here = Path(__file__).parent
    sources = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(here.glob("*.py"))))
    parent = Path(numba.config.CACHE_DIR) if numba.config.CACHE_DIR else here / "__pycache__"
    return parent / f"{FOLDER}{sources.hexdigest()[:16]}"


def clear_old_code() -> None:
    """Delete the machine code of other versions of this source."""
    for folder in cache_folder().parent.glob(f"{FOLDER}*"):
        if folder != cache_folder():
            shutil.rmtree(folder, ignore_errors=True)


def compiled(function: Function) -> Function:
    """Compile a function with numba, keeping the machine code on disk for the next process.

    The code runs beside other threads, and a division by zero gives what it gives in numpy.
    """
    theirs = numba.config.CACHE_DIR
    folder = str(cache_folder())
    numba.config.CACHE_DIR = folder
    try:
        return cast(Function, numba.njit(cache=True, nogil=True, error_model="numpy")(function))
    finally:
        numba.config.CACHE_DIR = theirs
