"""The response of entries to spend: Hill's curve above a floor.

With x the spend over its mean, the entries are those at mean spend times::

    floor + (1 - floor) H(x),    H(x) = (1 + h) x^n / (x^n + h)

(Hill 1910, J. Physiol. 40, iv-vii), which is 1 at mean spend. The saturation h is the power of spend at which
half of what can be reached is reached; without bound, the curve is the power law x^n; with n above 1 it is
S-shaped. What data speak of is not n but the elasticity at mean spend, (1 - floor) n h / (1 + h). A large
exponent is a step, and a wall to the sampler where floor or saturation make it so: it is n = N tanh(m / N),
with m as the elasticity has it and N = 8, which is m but for the steepest curves.

With carry-over x is not the spend of the period but a geometric mean of it and the spend before (adstock,
Broadbent 1979)::

    a_t = (1 - c) x_t + c a_t-1,    a_0 = x_0

with c the carry-over rate. A steady budget is its own mean, whatever c is.
"""

import math

import numpy as np

from conversionflow.core.compiled import compiled
from conversionflow.estimation.density_kernel import Number, total
from conversionflow.estimation.types import Array

#: Spend over its mean that stands for none, where the logarithm has no value.
NO_SPEND = 1e-6
#: N, which no exponent reaches.
STEEPEST = 8.0
#: Exponents further from 0 than this overflow.
LARGEST_EXPONENT = 700.0


@compiled
def wanted_exponent(elasticity: Number, floor: Number, saturation: Number) -> Number:
    """Return m, which the elasticity at mean spend asks for."""
    return elasticity * (1.0 + saturation) / (saturation * (1.0 - floor))


@compiled
def hill_exponent(elasticity: Number, floor: Number, saturation: Number) -> Number:
    """Return n."""
    exponent: Number = STEEPEST * np.tanh(wanted_exponent(elasticity, floor, saturation) / STEEPEST)
    return exponent


@compiled
def hill_at(log_ratio: float, saturation: float) -> tuple[float, float]:
    """Return H, and h / (x^n + h), where the log of h / x^n is known; see `hill`."""
    ratio = math.exp(min(max(log_ratio, -LARGEST_EXPONENT), LARGEST_EXPONENT))
    return (1.0 + saturation) / (1.0 + ratio), ratio / (1.0 + ratio)


@compiled
def hill(log_spend: float, exponent: float, saturation: float) -> tuple[float, float]:
    """Return H, and h / (x^n + h): times n that is the slope of log H in log spend."""
    return hill_at(math.log(saturation) - exponent * log_spend, saturation)


@compiled
def carry_over(spend: Array, rate: float, carried: Array, slope: Array) -> None:
    """Fill the spend that acts in each period (T,), with carry-over, and its derivative in the rate."""
    carried[0], slope[0] = spend[0], 0.0
    for t in range(1, spend.shape[0]):
        before = carried[t - 1] - spend[t]
        carried[t] = spend[t] + rate * before
        slope[t] = before + rate * slope[t - 1]


def carried_spend(spend: Array, rate: Array) -> Array:
    """Return the spend (T, ...) that acts in each period for spend (T,) and rates (...)."""
    carried = np.empty((len(spend), *rate.shape))
    carried[0] = spend[0]
    for t in range(1, len(spend)):
        carried[t] = spend[t] + rate * (carried[t - 1] - spend[t])
    return carried


@compiled
def entry_response(
    spend: Array,
    spend_slope: Array,
    elasticity: float,
    floor: float,
    saturation: float,
    response: Array,
    change: Array,
) -> None:
    """Fill the log response of one touchpoint's entries to its spend over the mean, and its derivatives.

    `change` (4, T) takes the derivatives in elasticity, floor, saturation, and in what the spend has the
    derivative `spend_slope` (T,) in. All are shifted to a mean of 0 over the periods.
    """
    exponent = hill_exponent(elasticity, floor, saturation)
    wanted = wanted_exponent(elasticity, floor, saturation)
    steepness = wanted_exponent(1.0, 0.0, saturation)
    log_saturation = math.log(saturation)
    rest, room_left = 1.0 - floor, 1.0 - (exponent / STEEPEST) ** 2
    for t in range(spend.shape[0]):
        log_spend = math.log(max(spend[t], NO_SPEND))
        rise, room = hill_at(log_saturation - exponent * log_spend, saturation)
        base = floor + rest * rise
        d_wanted = rise * room * log_spend * room_left
        d_saturation = rise * (1.0 / (1.0 + saturation) - room / saturation)
        response[t] = math.log(base)
        change[0, t] = d_wanted * steepness / base
        change[1, t] = (1.0 - rise + wanted * d_wanted) / base
        change[2, t] = (rest * d_saturation - elasticity * d_wanted / saturation**2) / base
        change[3, t] = 0.0
        if spend_slope[t] != 0.0 and spend[t] > NO_SPEND:
            change[3, t] = rest * rise * room * exponent / (spend[t] * base) * spend_slope[t]
    centre(response)
    for row in range(change.shape[0]):
        centre(change[row])


@compiled
def centre(values: Array) -> None:
    """Take the mean off, in place."""
    mean = total(values) / values.shape[0]
    for t in range(values.shape[0]):
        values[t] -= mean
