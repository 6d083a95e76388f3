"""Sequential least squares by scipy's routine, without its checks: they take longer than most steps."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from conversionflow.optimization.objective import Floats
from conversionflow.optimization.scipy_routines import routine

#: What the routine asks for before it goes on; anything else ends it.
LOSS_WANTED, SLOPE_WANTED = 1, -1


class Linear(NamedTuple):
    """Sums of the variables: ``weights @ x - bound``, (rows, n) and (rows,)."""

    weights: Floats
    bound: Floats

    def at(self, x: Floats) -> Floats:
        """Return their values, (rows,)."""
        values: Floats = self.weights @ x - self.bound
        return values


def least_squares(
    loss: Callable[[Floats], tuple[float, Floats]],
    start: Floats,
    zero: Linear,
    not_negative: Linear,
    tolerance: float,
    iterations: int,
) -> Floats:
    """Return what ``scipy.optimize.minimize(method="SLSQP", jac=True)`` returns as x, to the bit.

    Parameters
    ----------
    loss : callable
        Value and slope (n,) at x (n,).
    start : (n,) array
        Variables between 0 and 1, their bounds.
    zero, not_negative : Linear
        What must be 0, and what must not be below.
    tolerance : float
        ``ftol``.
    iterations : int
        ``maxiter``.
    """
    x, size = np.clip(start, 0.0, 1.0), len(start)
    equal, rows = len(zero.bound), len(zero.bound) + len(not_negative.bound)
    state = _state(size, rows, equal, tolerance, iterations)
    normals = np.zeros((max(1, rows), size), order="F")
    normals[:equal], normals[equal:rows] = zero.weights, not_negative.weights
    sides = np.zeros(max(1, rows))
    multipliers = np.zeros(rows + 2 * size + 2)
    low, high = np.zeros(size), np.ones(size)
    buffer = np.zeros(_buffer_size(size, rows, equal))
    indices = np.zeros(rows + 2 * size + 2, dtype=np.int32)
    sides[:equal], sides[equal:rows] = zero.at(x), not_negative.at(x)
    seen = x.copy()
    value, slope = reached, steepness = loss(seen)
    step = routine("_slsqplib", "slsqp")
    while True:
        step(state, value, slope, normals, sides, x, multipliers, low, high, buffer, indices)
        if state["mode"] not in (LOSS_WANTED, SLOPE_WANTED):
            return x
        if not np.array_equal(x, seen):
            seen = x.copy()
            reached, steepness = loss(seen)
        if state["mode"] == LOSS_WANTED:
            value = reached
            sides[:equal], sides[equal:rows] = zero.at(x), not_negative.at(x)
        else:
            slope = steepness


def _state(size: int, rows: int, equal: int, tolerance: float, iterations: int) -> dict[str, Any]:
    """Return the routine's own variables at its start."""
    zeros = dict.fromkeys(("alpha", "f0", "gs", "h1", "h2", "h3", "h4", "t", "t0"), 0.0)
    flags = dict.fromkeys(("exact", "inconsistent", "reset", "iter", "line", "mode"), 0)
    sizes = {"itermax": iterations, "m": rows, "meq": equal, "n": size}
    return {"acc": tolerance, **zeros, "tol": 10.0 * tolerance, **flags, **sizes}


def _buffer_size(n: int, rows: int, equal: int) -> int:
    """Return the numbers of working space, of `scipy.optimize._slsqp_py`."""
    size = n * (n + 1) // 2 + 3 * rows * n - (rows + 5 * n + 7) * equal + 9 * rows
    size += 8 * n * n + 35 * n + equal * equal + 28
    return size + (2 * n * (n + 1) if rows == equal else 0)
