"""The response of entries to spend: Hill's curve above a floor.

With x the spend over its mean, the entries are those at mean spend times::

    floor + (1 - floor) H(x),    H(x) = (1 + h) x^n / (x^n + h)

(Hill 1910, J. Physiol. 40, iv-vii), which is 1 at mean spend. The saturation h is the power of spend at which
half of what can be reached is reached; without bound, the curve is the power law x^n; with n above 1 it is
S-shaped. What data speak of is not n but the elasticity at mean spend, (1 - floor) n h / (1 + h). A large
exponent is a step, and a wall to the sampler where floor or saturation make it so: it is n = N tanh(m / N),
with m as the elasticity has it and N = 8, which is m but for the steepest curves.
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
def hill(log_spend: float, exponent: float, saturation: float) -> tuple[float, float]:
    """Return H, and h / (x^n + h): times n that is the slope of log H in log spend."""
    power = math.log(saturation) - exponent * log_spend
    ratio = math.exp(min(max(power, -LARGEST_EXPONENT), LARGEST_EXPONENT))
    return (1.0 + saturation) / (1.0 + ratio), ratio / (1.0 + ratio)


@compiled
def entry_response(
    spend: Array, elasticity: float, floor: float, saturation: float, response: Array, change: Array
) -> None:
    """Fill the log response of one touchpoint's entries to its spend over the mean, and its derivatives.

    `change` (3, T) takes the derivatives in elasticity, floor and saturation. All are shifted to a mean of 0
    over the periods.
    """
    exponent = hill_exponent(elasticity, floor, saturation)
    wanted = wanted_exponent(elasticity, floor, saturation)
    steepness = wanted_exponent(1.0, 0.0, saturation)
    rest, room_left = 1.0 - floor, 1.0 - (exponent / STEEPEST) ** 2
    for t in range(spend.shape[0]):
        log_spend = math.log(max(spend[t], NO_SPEND))
        rise, room = hill(log_spend, exponent, saturation)
        base = floor + rest * rise
        d_wanted = rise * room * log_spend * room_left
        d_saturation = rise * (1.0 / (1.0 + saturation) - room / saturation)
        response[t] = math.log(base)
        change[0, t] = d_wanted * steepness / base
        change[1, t] = (1.0 - rise + wanted * d_wanted) / base
        change[2, t] = (rest * d_saturation - elasticity * d_wanted / saturation**2) / base
    centre(response)
    for row in range(3):
        centre(change[row])


@compiled
def centre(values: Array) -> None:
    """Take the mean off, in place."""
    mean = total(values) / values.shape[0]
    for t in range(values.shape[0]):
        values[t] -= mean
