"""Which plans no other beats in every objective, how they spread, and how much they dominate."""

import numpy as np

from conversionflow.optimization.objective import Floats, Integers


def non_dominated_ranks(values: Floats) -> Integers:
    """Return each individual's front: 0 where no other is as good in all objectives and better in one.

    The fronts of Deb, Pratap, Agarwal & Meyarivan (2002), *IEEE Transactions on Evolutionary Computation* 6:
    182-197: each holds those that only earlier fronts dominate.

    Parameters
    ----------
    values : (B, M) array
        Objectives, higher is better.

    Returns
    -------
    (B,) integer array
    """
    at_least = np.ones((len(values), len(values)), dtype=np.bool_)
    for objective in values.T:
        at_least &= objective[:, None] >= objective[None]
    dominates = at_least & ~at_least.T
    dominators = dominates.sum(axis=0)
    ranks = np.full(len(values), -1, dtype=np.int64)
    rank = 0
    while (ranks < 0).any():
        front = (ranks < 0) & (dominators == 0)
        ranks[front] = rank
        dominators = dominators - dominates[front].sum(axis=0)
        rank += 1
    return ranks


def crowding_distances(values: Floats, ranks: Integers) -> Floats:
    """Return how far apart an individual's neighbours on its front are, as shares of the front's ranges.

    Summed over the objectives; infinite at a front's ends (Deb et al., 2002).

    Parameters
    ----------
    values : (B, M) array
        Objectives.
    ranks : (B,) integer array
        Their fronts, of `non_dominated_ranks`.

    Returns
    -------
    (B,) array
    """
    distances = np.zeros(len(values))
    for objective in values.T:
        order = np.lexsort((objective, ranks))
        sorted_values, sorted_ranks = objective[order], ranks[order]
        first = np.flatnonzero(np.diff(sorted_ranks, prepend=-1))
        last = np.append(first[1:], len(order)) - 1
        width = np.repeat(sorted_values[last] - sorted_values[first], last - first + 1)
        around = np.zeros(len(order))
        around[1:-1] = sorted_values[2:] - sorted_values[:-2]
        apart = np.divide(around, width, out=np.zeros(len(order)), where=width > 0)
        apart[first] = apart[last] = np.inf
        distances[order] += apart
    return distances


def survivors(values: Floats, count: int) -> Integers:
    """Return the ``count`` individuals to keep: whole fronts, then the last without its most crowded.

    The most crowded goes first and its neighbours' distances are taken anew, as all at once would leave gaps
    where several close ones go together (Kukkonen & Deb, 2006, *IEEE Congress on Evolutionary Computation*:
    1179-1186).

    Parameters
    ----------
    values : (B, M) array
        Objectives, higher is better.
    count : int
        At most B.

    Returns
    -------
    (count,) integer array
        By front.
    """
    ranks = non_dominated_ranks(values)
    order = np.argsort(ranks, kind="stable")
    last = ranks[order[count - 1]]
    whole, thinned = order[ranks[order] < last], order[ranks[order] == last]
    while len(whole) + len(thinned) > count:
        distances = crowding_distances(values[thinned], np.zeros(len(thinned), dtype=np.int64))
        thinned = np.delete(thinned, np.argmin(distances))
    return np.concatenate([whole, thinned])


def hypervolume(values: Floats, reference: Floats) -> float:
    """Return the volume that individuals dominate above a reference point.

    Exact, by slices along the last objective (Zitzler, 1999; in two objectives a staircase).

    Parameters
    ----------
    values : (B, M) array
        Objectives, higher is better; those not above the reference in all objectives add nothing.
    reference : (M,) array
    """
    above = values[(values > reference).all(axis=1)] - reference
    if not len(above):
        return 0.0
    if above.shape[1] == 1:
        return float(above.max())
    above = above[np.argsort(-above[:, -1], kind="stable")]
    heights = above[:, -1] - np.append(above[1:, -1], 0.0)
    floor = np.zeros(above.shape[1] - 1)
    if above.shape[1] == 2:
        return float(heights @ np.maximum.accumulate(above[:, 0]))
    slices = (hypervolume(above[: place + 1, :-1], floor) for place in range(len(heights)))
    return float(sum(height * area for height, area in zip(heights, slices, strict=True)))
