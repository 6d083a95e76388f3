"""Predictive checks: whether counts that a model would make look like those that were seen.

Statistics of the counts are compared with those of replications (Gelman, Meng and Stern 1996), and the counts
with their predictive distribution by the probability integral transform, which is uniform where the
distribution is right; for counts it is randomised (Czado, Gneiting and Held 2009).
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from conversionflow.estimation.nodes import Nodes
from conversionflow.estimation.predictive import CountDistribution, Observed, chosen_draws
from conversionflow.estimation.types import NOT_APPLICABLE, Array

#: Replications that statistics are compared with.
REPLICATIONS = 500
#: A smaller probability of counts as variable as those seen calls for another form of the model.
SMALLEST_P_VALUE = 0.01
PIT_BINS = 10
STATISTICS: dict[str, Callable[[Array], Array]] = {
    "mean": lambda counts: counts.mean(axis=-1),
    "standard_deviation": lambda counts: counts.std(axis=-1),
    "zero_share": lambda counts: (counts == 0).mean(axis=-1),
    "maximum": lambda counts: counts.max(axis=-1),
}


def few(distribution: CountDistribution) -> CountDistribution:
    """Keep as many of a distribution's draws as statistics are compared with."""
    size = len(distribution.mean)
    return distribution.take(chosen_draws(size, REPLICATIONS))


def dispersion(counts: Array, distribution: CountDistribution) -> Array:
    """Divide each node's squared deviations by their variance, (S, N): about 1 if the variance is right.

    A count is added to the variance, so that a node of next to no counts says nothing.
    """
    squares = ((counts - distribution.mean) ** 2).sum(axis=2)
    variance = np.broadcast_to(distribution.variance, distribution.mean.shape).sum(axis=2)
    ratio: Array = squares / (1.0 + variance)
    return ratio


def p_value(predicted: Array, observed: Array) -> Array:
    """Chance of a predicted statistic (R, ...) beyond the observed one, ties counted half."""
    chance: Array = (predicted > observed).mean(axis=0) + 0.5 * (predicted == observed).mean(axis=0)
    return chance


def overdispersion(observed: Observed, rng: np.random.Generator) -> tuple[float, float]:
    """Mean dispersion of the nodes, and the chance of replications that vary as much."""
    distribution = few(observed.distribution)
    seen, drawn = (
        dispersion(counts, distribution).mean(axis=1) for counts in (observed.counts, distribution.draw(rng))
    )
    return float(seen.mean()), float(p_value(drawn, seen))


def transform(
    counts: Array, distribution: CountDistribution, log_weights: Array, rng: np.random.Generator
) -> Array:
    """Randomised probability integral transform of each count, (N, T), with the count itself left out.

    Parameters
    ----------
    counts : array (N, T)
    distribution
        Of the counts, for S draws.
    log_weights : array (S, N, T)
        Importance weights of the draws with each observation left out; all 0 to leave none out.
    """
    weights = np.exp(log_weights - log_weights.max(axis=0))
    weights /= weights.sum(axis=0)
    upto = (weights * distribution.cumulative(counts)).sum(axis=0)
    at = (weights * np.exp(distribution.log_probability(counts))).sum(axis=0)
    between: Array = np.clip(upto - rng.uniform(size=upto.shape) * at, 0.0, 1.0)
    return between


def checks_frame(
    nodes: Nodes,
    observations: Mapping[str, Observed],
    log_weights: Array,
    credible_mass: float,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Tabulate the checks.

    Returns
    -------
    DataFrame
        Columns market, touchpoint, measure, statistic, observed, predicted, predicted_low, predicted_high,
        p_value. Statistics by touchpoint: those of `STATISTICS`; `dispersion`; `pit_distance`, Kolmogorov and
        Smirnov's distance of the transform from uniform. By market: `pit_00` to `pit_90`, the share of counts
        in each tenth of their predictive distribution.
    """
    rows: list[dict[str, Any]] = []
    few_weights = log_weights[chosen_draws(len(log_weights), REPLICATIONS)]
    for measure, observed in observations.items():
        distribution = few(observed.distribution)
        pit = transform(observed.counts, distribution, few_weights, rng)
        drawn = distribution.draw(rng)
        seen, expected = (dispersion(counts, distribution) for counts in (observed.counts, drawn))
        found = [
            *compared_statistics(nodes, observed.counts, drawn, credible_mass),
            *_compared(nodes, "dispersion", seen, expected, credible_mass),
            *_calibration(nodes, pit, credible_mass),
        ]
        rows += [{"measure": measure, **row} for row in found]
    return pd.DataFrame(rows)


def compared_statistics(
    nodes: Nodes, counts: Array, drawn: Array, credible_mass: float
) -> Iterator[dict[str, Any]]:
    """Make a row of each statistic of each node's counts (N, T), beside those of replications (R, N, T)."""
    for name, statistic in STATISTICS.items():
        yield from _compared(nodes, name, statistic(counts), statistic(drawn), credible_mass)


def _compared(
    nodes: Nodes, name: str, observed: Array, predicted: Array, credible_mass: float
) -> Iterator[dict[str, Any]]:
    """Make a row per node of a statistic, (N,) or, by draw, (R, N), and its predictions (R, N)."""
    chances = p_value(predicted, observed)
    low, high = np.quantile(predicted, [(1 - credible_mass) / 2, (1 + credible_mass) / 2], axis=0)
    shown = observed.mean(axis=0) if observed.ndim == 2 else observed
    for n, (market, touchpoint) in enumerate(nodes.names):
        yield {
            "market": market,
            "touchpoint": touchpoint,
            "statistic": name,
            "observed": shown[n],
            "predicted": predicted[:, n].mean(),
            "predicted_low": low[n],
            "predicted_high": high[n],
            "p_value": chances[n],
        }


def _calibration(nodes: Nodes, pit: Array, credible_mass: float) -> Iterator[dict[str, Any]]:
    """Distance of each node's transform (N, T) from uniform, and each market's histogram of it."""
    from scipy import stats

    tails = np.array([(1 - credible_mass) / 2, 0.5, (1 + credible_mass) / 2])
    low, middle, high = stats.kstwo.ppf(tails, pit.shape[1])
    for (market, touchpoint), values in zip(nodes.names, pit, strict=True):
        distance = stats.kstest(values, "uniform")
        yield {
            "market": market,
            "touchpoint": touchpoint,
            "statistic": "pit_distance",
            "observed": distance.statistic,
            "predicted": middle,
            "predicted_low": low,
            "predicted_high": high,
            "p_value": distance.pvalue,
        }
    for m, market in enumerate(nodes.data.markets):
        yield from _histogram(market, pit[nodes.market == m].ravel(), tails)


def _histogram(market: str, pit: Array, tails: Array) -> Iterator[dict[str, Any]]:
    """Shares of a market's counts in each tenth of their predictive distribution."""
    from scipy import stats

    if not pit.size:
        return
    counts, edges = np.histogram(pit, bins=PIT_BINS, range=(0.0, 1.0))
    low, _, high = stats.binom.ppf(tails, pit.size, 1.0 / PIT_BINS) / pit.size
    for count, edge in zip(counts, edges[:-1], strict=True):
        yield {
            "market": market,
            "touchpoint": NOT_APPLICABLE,
            "statistic": f"pit_{100 * edge:02.0f}",
            "observed": count / pit.size,
            "predicted": 1.0 / PIT_BINS,
            "predicted_low": low,
            "predicted_high": high,
            "p_value": stats.binomtest(int(count), pit.size, 1.0 / PIT_BINS).pvalue,
        }
