"""Compiled parts that the models' log densities share: priors on the whole line, and controls.

A parameter x within (lower, upper) is sampled as z::

    x = z                                   unbounded
    x = lower + exp(z)                      bounded below
    x = upper - exp(z)                      bounded above
    x = lower + (upper - lower) / (1 + exp(-z))     bounded on both sides

and z has the log density log p(x) + log |dx / dz|. These are PyMC's transforms, so that a point means the
same there.
"""

import math
from typing import TypeVar

import numpy as np

from conversionflow.core.compiled import compiled
from conversionflow.estimation.types import Array

Number = TypeVar("Number", float, Array)
#: Log means further than this from the data's are cut off, which bounds the gradient.
LOG_MEAN_BOUND = 12.0
#: Families of log densities in x, up to a constant, with their arguments p, q and r.
FLAT, NORMAL, STUDENT_T, LOG_NORMAL, GAMMA, BETA = 0.0, 1.0, 2.0, 3.0, 4.0, 5.0


@compiled
def within_bounds(z: float, lower: float, upper: float) -> tuple[float, float, float, float]:
    """Return x, dx / dz, log |dx / dz| and the derivative of the last."""
    if lower == -math.inf and upper == math.inf:
        return z, 1.0, 0.0, 0.0
    if upper == math.inf:
        return lower + math.exp(z), math.exp(z), z, 1.0
    if lower == -math.inf:
        return upper - math.exp(z), -math.exp(z), z, 1.0
    width, share, rest = upper - lower, 1.0 / (1.0 + math.exp(-z)), 1.0 / (1.0 + math.exp(z))
    jacobian = math.log(width) - abs(z) - 2.0 * math.log1p(math.exp(-abs(z)))
    return lower + width * share, width * share * rest, jacobian, rest - share


@compiled
def family_log_density(
    x: float, family: float, p: float, q: float, r: float, to_upper: float
) -> tuple[float, float]:
    """Log density up to a constant, and its derivative; `to_upper` is the distance to the upper bound.

    NORMAL (mean p, sd q), STUDENT_T (degrees of freedom p, location q, scale r), LOG_NORMAL (of log x: mean
    p, sd q), GAMMA (shape p, scale q), BETA (p, q).
    """
    if family == NORMAL:
        z = (x - p) / q
        return -0.5 * z * z, -z / q
    if family == STUDENT_T:
        z = (x - q) / r
        return -0.5 * (p + 1.0) * math.log1p(z * z / p), -(p + 1.0) * z / (r * (p + z * z))
    if family == LOG_NORMAL:
        z = (math.log(x) - p) / q
        return -math.log(x) - 0.5 * z * z, -(1.0 + z / q) / x
    if family == GAMMA:
        return (p - 1.0) * math.log(x) - x / q, (p - 1.0) / x - 1.0 / q
    if family == BETA:
        value = (p - 1.0) * math.log(x) + (q - 1.0) * math.log(to_upper)
        return value, (p - 1.0) / x - (q - 1.0) / to_upper
    return 0.0, 0.0


@compiled
def prior_log_density(point: Array, table: Array) -> tuple[float, Array, Array, Array]:
    """Evaluate independent priors at a point z.

    Parameters
    ----------
    point : (D,)
        z.
    table : (D, 6)
        Family, p, q, r, lower and upper of each.

    Returns
    -------
    log density up to a constant; x (D,); dx / dz (D,); gradient of the log density in z (D,)
    """
    value = 0.0
    x, slope, gradient = np.empty_like(point), np.empty_like(point), np.empty_like(point)
    for d in range(point.shape[0]):
        family, p, q, r, lower, upper = table[d]
        x[d], slope[d], jacobian, jacobian_slope = within_bounds(point[d], lower, upper)
        density, density_slope = family_log_density(x[d], family, p, q, r, upper - x[d])
        value += density + jacobian
        gradient[d] = density_slope * slope[d] + jacobian_slope
    return value, x, slope, gradient


def flat_priors(size: int) -> Array:
    """Table of as many priors that are flat and unbounded: what remains is the likelihood."""
    return np.tile([FLAT, 0.0, 0.0, 0.0, -np.inf, np.inf], (size, 1))


@compiled
def on_whole_line(value: float, change: Array, slope: Array, gradient: Array) -> tuple[float, Array]:
    """Add `change`, the likelihood's gradient in x, to the priors' `gradient` in z; NaN where not finite."""
    finite = math.isfinite(value)
    for d in range(change.shape[0]):
        gradient[d] += change[d] * slope[d]
        finite = finite and math.isfinite(gradient[d])
    return (value if finite else math.nan), gradient


@compiled
def pull_shape(relative_spend: Number) -> Number:
    """Return g(x) = 2 (x - 1) / (x + 1): 0 and of slope 1 at mean spend, within -2 and 2 for any spend."""
    return 2.0 * (relative_spend - 1.0) / (relative_spend + 1.0)


@compiled
def control_effect(controls: Array, coefficients: Array, effect: Array) -> None:
    """Fill the effect (T,) of the controls (T, P) of one market."""
    for t in range(controls.shape[0]):
        effect[t] = 0.0
        for p in range(controls.shape[1]):
            effect[t] += controls[t, p] * coefficients[p]


@compiled
def add_control_slope(controls: Array, change: Array, slope: Array) -> None:
    """Add the derivative in the coefficients, from the derivative `change` (T,) in the controls' effect."""
    for t in range(controls.shape[0]):
        for p in range(controls.shape[1]):
            slope[p] += controls[t, p] * change[t]


@compiled
def total(values: Array) -> float:
    """Sum of values (T,)."""
    result = 0.0
    for t in range(values.shape[0]):
        result += values[t]
    return result


@compiled
def inner(left: Array, right: Array) -> float:
    """Inner product, in four running sums that the processor adds side by side."""
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    whole = left.shape[0] - left.shape[0] % 4
    for t in range(0, whole, 4):
        a += left[t] * right[t]
        b += left[t + 1] * right[t + 1]
        c += left[t + 2] * right[t + 2]
        d += left[t + 3] * right[t + 3]
    for t in range(whole, left.shape[0]):
        a += left[t] * right[t]
    return (a + b) + (c + d)


@compiled
def pooled_log_density(
    effects: Array,
    change: Array,
    across: Array,
    across_change: Array,
    spread: Array,
    spread_change: Array,
    pool: Array,
) -> float:
    """Log density of effects (paid,) that are normal around common ones `across` (G,), up to a constant.

    `pool` (paid,) says which is whose, `spread` (1,) is the standard deviation; with nothing in common it is
    0.
    """
    value = 0.0
    if across.shape[0] == 0:
        return value
    for n in range(effects.shape[0]):
        g = int(pool[n])
        z = (effects[n] - across[g]) / spread[0]
        value -= 0.5 * z * z + math.log(spread[0])
        change[n] -= z / spread[0]
        across_change[g] += z / spread[0]
        spread_change[0] += (z * z - 1.0) / spread[0]
    return value
