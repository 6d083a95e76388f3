"""How a rate answers to weekly spend: one concave family with a floor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SMALLEST_RATIO = 1e-6
"""Slopes are taken no nearer to zero spend than this, where a power law's is infinite."""


@dataclass(frozen=True)
class Response:
    """Multiplier of a rate as a function of u, the spend over its mean; it is 1 at u = 1.

    ``floor + (1 - floor) * (1 + q) * u**s / (1 + q * u**s)`` with s the `shape` and q the `saturation`. That
    is Hill's equation [1]_ with half saturation at ``u = q**(-1/s)``, scaled to 1 at mean spend; q = 0 is the
    power law.

    Parameters
    ----------
    floor : float
        Multiplier without any spend, in [0, 1]; 1 makes the rate independent of spend.
    shape : float
        Exponent s in (0, 1], so that the curve is concave.
    saturation : float
        q >= 0; the larger, the sooner more spend adds nothing.

    References
    ----------
    .. [1] A. V. Hill (1910), "The possible effects of the aggregation of the molecules of haemoglobin on its
       dissociation curves", J. Physiol. 40, iv-vii.
    """

    floor: float
    shape: float
    saturation: float


FLAT = Response(floor=1.0, shape=1.0, saturation=0.0)


class Responses:
    """The responses of K touchpoints, evaluated together.

    Parameters
    ----------
    responses : sequence of Response, length K
    """

    def __init__(self, responses: Sequence[Response]) -> None:
        self._floor: Array = np.array([r.floor for r in responses])
        self._shape: Array = np.array([r.shape for r in responses])
        self._saturation: Array = np.array([r.saturation for r in responses])

    def value(self, ratio: Array) -> Array:
        """Evaluate at spend ratios of shape (..., K)."""
        power = ratio**self._shape
        curve = (1.0 + self._saturation) * power / (1.0 + self._saturation * power)
        return self._floor + (1.0 - self._floor) * curve

    def slope(self, ratio: Array) -> Array:
        """Differentiate with respect to the spend ratio, shape (..., K)."""
        ratio = np.maximum(ratio, SMALLEST_RATIO)
        power = ratio**self._shape
        rise = (1.0 + self._saturation) * self._shape * power / ratio
        return (1.0 - self._floor) * rise / (1.0 + self._saturation * power) ** 2

    @property
    def limit(self) -> Array:
        """Multipliers at unlimited spend, shape (K,): the bound of every value, since curves only rise."""
        unlimited = np.full_like(self._saturation, np.inf)
        ceiling = np.divide(
            1.0 + self._saturation, self._saturation, out=unlimited, where=self._saturation > 0.0
        )
        rise = np.zeros_like(ceiling)
        np.multiply(1.0 - self._floor, ceiling, out=rise, where=self._floor < 1.0)
        return self._floor + rise
