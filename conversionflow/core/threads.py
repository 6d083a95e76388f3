"""Work side by side: for functions that run without Python's lock, as compiled ones do."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from conversionflow.core.machine import cores

Item = TypeVar("Item")
Result = TypeVar("Result")


def side_by_side(function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """Apply a function to each item, one in this thread and the others in as many as there are cores."""
    pool = _pool()
    if pool is None or len(items) < 2:
        return [function(item) for item in items]
    others = [pool.submit(function, item) for item in items[1:]]
    return [function(items[0]), *(other.result() for other in others)]


@cache
def _pool() -> ThreadPoolExecutor | None:
    """Return the threads beside the one that asks; None where there is one core."""
    others = cores() - 1
    return ThreadPoolExecutor(others, "side-by-side") if others > 0 else None
