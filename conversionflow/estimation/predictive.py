"""Predictive distributions of counts, one for every posterior draw.

Each is over an array (S, ...) of S draws; counts have the axes after the first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import special

from conversionflow.estimation.types import Array

#: Means beyond this are cut off; numpy draws no Poisson counts of means much larger.
LARGEST_MEAN = 1e15


class CountDistribution(Protocol):
    """Distribution of counts given the parameters, for every posterior draw."""

    @property
    def mean(self) -> Array:
        """Expected counts, (S, ...)."""
        ...

    @property
    def variance(self) -> Array:
        """Variance of the counts, (S, ...)."""
        ...

    def log_probability(self, counts: Array) -> Array:
        """Log probability of counts, (S, ...)."""
        ...

    def cumulative(self, counts: Array) -> Array:
        """Probability of these counts or fewer, (S, ...)."""
        ...

    def draw(self, rng: np.random.Generator) -> Array:
        """One replication of the counts for every draw, (S, ...)."""
        ...

    def take(self, draws: NDArray[np.intp]) -> "CountDistribution":
        """Keep some of the draws."""
        ...


@dataclass(frozen=True, eq=False)
class PoissonCounts:
    """Poisson counts of a mean (S, ...)."""

    mean: Array

    @property
    def variance(self) -> Array:
        """The mean."""
        return self.mean

    def log_probability(self, counts: Array) -> Array:
        """Log probability of counts, (S, ...)."""
        log: Array = special.xlogy(counts, self.mean) - self.mean - special.gammaln(counts + 1.0)
        return log

    def cumulative(self, counts: Array) -> Array:
        """Probability of these counts or fewer, (S, ...)."""
        probability: Array = special.pdtr(counts, self.mean)
        return probability

    def draw(self, rng: np.random.Generator) -> Array:
        """One replication of the counts for every draw, (S, ...)."""
        return rng.poisson(np.minimum(self.mean, LARGEST_MEAN)).astype(np.float64)

    def take(self, draws: NDArray[np.intp]) -> "PoissonCounts":
        """Keep some of the draws."""
        return PoissonCounts(self.mean[draws])


@dataclass(frozen=True, eq=False)
class NegativeBinomialCounts:
    """Counts of a mean (S, ...) and the variance mean + mean^2 / dispersion."""

    mean: Array
    dispersion: Array

    @property
    def variance(self) -> Array:
        """Variance of the counts, (S, ...)."""
        variance: Array = self.mean + self.mean**2 / self.dispersion
        return variance

    def log_probability(self, counts: Array) -> Array:
        """Log probability of counts, (S, ...)."""
        a, mean = self.dispersion, self.mean
        ways = special.gammaln(counts + a) - special.gammaln(a) - special.gammaln(counts + 1.0)
        log: Array = ways + special.xlogy(counts, mean / (a + mean)) + special.xlogy(a, a / (a + mean))
        return log

    def cumulative(self, counts: Array) -> Array:
        """Probability of these counts or fewer, (S, ...)."""
        share = self.dispersion / (self.dispersion + self.mean)
        return np.asarray(special.betainc(self.dispersion, counts + 1.0, share), dtype=np.float64)

    def draw(self, rng: np.random.Generator) -> Array:
        """One replication of the counts for every draw, (S, ...)."""
        mean = rng.gamma(np.broadcast_to(self.dispersion, self.mean.shape)) * self.mean / self.dispersion
        return PoissonCounts(mean).draw(rng)

    def take(self, draws: NDArray[np.intp]) -> "NegativeBinomialCounts":
        """Keep some of the draws."""
        return NegativeBinomialCounts(self.mean[draws], self.dispersion[draws])


@dataclass(frozen=True, eq=False)
class HurdleCounts:
    """0 but for a chance (S, ...), and above it Poisson counts of a rate (S, ...) from which 0 is cut off."""

    chance: Array
    rate: Array

    @property
    def _above(self) -> Array:
        """Chance of a Poisson count above 0."""
        return -np.expm1(-self.rate)

    @property
    def mean(self) -> Array:
        """Expected counts, (S, ...)."""
        return self.chance * self.rate / self._above

    @property
    def variance(self) -> Array:
        """Variance of the counts, (S, ...)."""
        return self.mean * (1.0 + self.rate - self.mean)

    def log_probability(self, counts: Array) -> Array:
        """Log probability of counts, (S, ...)."""
        positive = PoissonCounts(self.rate).log_probability(counts) - np.log(self._above)
        return np.where(counts > 0, np.log(self.chance) + positive, np.log1p(-self.chance))

    def cumulative(self, counts: Array) -> Array:
        """Probability of these counts or fewer, (S, ...)."""
        rest = 1.0 - PoissonCounts(self.rate).cumulative(counts)
        cumulative: Array = 1.0 - self.chance * rest / self._above
        return cumulative

    def draw(self, rng: np.random.Generator) -> Array:
        """One replication of the counts for every draw, (S, ...)."""
        rate = np.minimum(self.rate, LARGEST_MEAN)
        # A Poisson process that has an arrival: its first, then as many as the rest of the time brings.
        first = -np.log1p(rng.uniform(size=rate.shape) * np.expm1(-rate))
        positive = 1.0 + rng.poisson(np.maximum(rate - first, 0.0))
        return np.where(rng.uniform(size=rate.shape) < self.chance, positive, 0.0)

    def take(self, draws: NDArray[np.intp]) -> "HurdleCounts":
        """Keep some of the draws."""
        return HurdleCounts(self.chance[draws], self.rate[draws])


@dataclass(frozen=True, eq=False)
class Observed:
    """Counts that a model was fitted to, with their distribution given each of S posterior draws.

    Attributes
    ----------
    counts : array (N, T)
        By node and period.
    distribution
        Of the counts, (S, N, T).
    detail : array (S, N, T)
        Log density of what the counts are the total of, given the total; 0 where they are all there is.
    """

    counts: Array
    distribution: CountDistribution
    detail: Array

    @classmethod
    def plain(cls, counts: Array, distribution: CountDistribution) -> "Observed":
        """Take counts that are all there is."""
        return cls(counts, distribution, np.zeros(1))

    @property
    def log_likelihood(self) -> Array:
        """Log density of what was seen at each node in each period, (S, N, T)."""
        log: Array = self.distribution.log_probability(self.counts) + self.detail
        return log


def chosen_draws(draws: int, per_chain: int) -> NDArray[np.intp]:
    """Positions of `per_chain` of a chain's draws at even distances; of all where there are fewer."""
    kept = min(max(per_chain, 1), draws)
    return np.arange(kept) * draws // kept


def thinned(posterior: Mapping[str, Array], keep: int) -> dict[str, Array]:
    """Take `keep` draws in all, at even distances, of arrays (chain, draw, ...): (S, ...), chain by chain."""
    chains, draws = next(iter(posterior.values())).shape[:2]
    chosen = chosen_draws(draws, keep // chains)
    size = chains * len(chosen)
    return {name: values[:, chosen].reshape(size, *values.shape[2:]) for name, values in posterior.items()}
