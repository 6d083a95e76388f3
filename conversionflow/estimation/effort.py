"""What the sampler is told, and what it gives back."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conversionflow.estimation.types import Array


@dataclass(frozen=True)
class Effort:
    """What the sampler is told.

    Attributes
    ----------
    draws, tune
        Draws and tuning steps of a chain.
    thinning
        Every so manieth draw is kept; statistics are kept of all.
    seed
        Seed of all chains; each has a random stream of its own, which follows from the seed and its number.
    target_accept
        Acceptance rate that the step size is adapted to.
    """

    draws: int
    tune: int
    thinning: int
    seed: int
    target_accept: float

    @property
    def kept(self) -> int:
        """Draws of a chain that are kept."""
        return -(-self.draws // self.thinning)

    def chain_seed(self, chain: int) -> int:
        """Seed of one chain: that of `numpy.random.SeedSequence(seed).spawn(...)[chain]`."""
        stream = np.random.SeedSequence(self.seed, spawn_key=(chain,))
        return int(stream.generate_state(1, np.uint64)[0])


@dataclass(frozen=True)
class Chain:
    """One finished chain, without its tuning.

    Attributes
    ----------
    draws
        Kept draws of each parameter, (kept, ...).
    statistics
        The sampler's statistics that the convergence gate reads, (draws,).
    axes
        Names of each parameter's axes after the first.
    """

    draws: dict[str, Array]
    statistics: dict[str, NDArray[Any]]
    axes: dict[str, list[str]]
