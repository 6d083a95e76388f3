"""The absorbing chain of one market: chances at any spend, expected conversions and their gradient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from conversionflow.core.errors import InputError
from conversionflow.simulation.response import Array, Responses


@dataclass(frozen=True, eq=False)
class Network:
    """Entries, moves and conversions of K touchpoints, as arrays in one order of touchpoints.

    Parameters
    ----------
    entries : array (K,)
        Journeys that begin per week at mean spend and neutral conditions.
    moves : array (K, K)
        Chance that touchpoint j (column) follows i (row), at mean spend.
    converts : array (K,)
        Chance that a touch is followed by the conversion, at mean spend.
    entry_responses, pulls, convert_responses : Responses
        What spend does to entries, to the chance of being moved to, and to the chance to convert.

    Raises
    ------
    InputError
        If the chances out of some touchpoint exceed 1 at some spend.

    Notes
    -----
    Spend is always given as `ratio`, shape (..., K): weekly spend over its mean, and 1 for organic
    touchpoints. The conversions are those of an absorbing Markov chain, ``e' (I - Q)^-1 r`` (Kemeny and
    Snell, "Finite Markov Chains", 1960, chapter 3).
    """

    entries: Array
    moves: Array
    converts: Array
    entry_responses: Responses
    pulls: Responses
    convert_responses: Responses

    def __post_init__(self) -> None:
        highest = self.moves @ self.pulls.limit + self.converts * self.convert_responses.limit
        if not bool(np.all(highest <= 1.0)):
            raise InputError(
                f"The chances out of touchpoint number {int(np.argmax(highest))} reach {highest.max():.3f} "
                "at high spend: lower its moves, its chance to convert or the pulls."
            )

    def entry_rates(self, ratio: Array) -> Array:
        """Give the journeys that begin per week at each touchpoint, (..., K)."""
        return self.entries * self.entry_responses.value(ratio)

    def steps(self, ratio: Array) -> Array:
        """Give the chances of what follows a touch, (..., K, K + 2): each touchpoint, conversion, nothing."""
        moves = self.moves * self.pulls.value(ratio)[..., None, :]
        converts = (self.converts * self.convert_responses.value(ratio))[..., None]
        nothing = 1.0 - moves.sum(axis=-1, keepdims=True) - converts
        return np.concatenate([moves, converts, nothing], axis=-1)

    def visits(self, ratio: Array) -> Array:
        """Give the expected touches per week at each touchpoint under lasting spend, (..., K)."""
        count = len(self.entries)
        onward = np.swapaxes(self.steps(ratio)[..., :count], -1, -2)
        rates = self.entry_rates(ratio)[..., None]
        return np.asarray(np.linalg.solve(np.eye(count) - onward, rates)[..., 0], dtype=np.float64)

    def conversions(self, ratio: Array) -> Array:
        """Give the expected conversions per week under lasting spend, (...)."""
        converts = self.converts * self.convert_responses.value(ratio)
        total: Array = np.sum(self.visits(ratio) * converts, axis=-1)
        return total

    def gradient(self, ratio: Array) -> Array:
        """Differentiate `conversions` with respect to one spend ratio vector (K,), shape (K,)."""
        count = len(self.entries)
        steps = self.steps(ratio)
        worth = np.linalg.solve(np.eye(count) - steps[:, :count], steps[:, count])
        visits = self.visits(ratio)
        by_entry = self.entries * self.entry_responses.slope(ratio) * worth
        by_pull = (visits @ self.moves) * self.pulls.slope(ratio) * worth
        by_converting = visits * self.converts * self.convert_responses.slope(ratio)
        return by_entry + by_pull + by_converting
