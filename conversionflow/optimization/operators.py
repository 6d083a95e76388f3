"""Operators of the genetic algorithm: one pure function on arrays each, randomness given."""

import numpy as np

from conversionflow.optimization.objective import Floats, Integers


def tournament(fitness: Floats, winners: int, size: int, rng: np.random.Generator) -> Integers:
    """Return the winners of tournaments, each the fittest of ``size`` individuals drawn with replacement.

    Parameters
    ----------
    fitness : (B,) array
        Higher is better.
    winners : int
        Number of tournaments.
    size : int
        Individuals in each; 1 is a random choice, more is more selection pressure.

    Returns
    -------
    (winners,) integer array
        Indices of individuals; that of rank r from the top (0 the best) wins with probability
        ``((B - r)^size - (B - r - 1)^size) / B^size`` (Blickle & Thiele, 1996, *Evolutionary Computation*
        4: 361-394).
    """
    drawn = rng.integers(len(fitness), size=(winners, size))
    best: Integers = drawn[np.arange(winners), np.argmax(fitness[drawn], axis=1)]
    return best


def uniform_crossover(first: Floats, second: Floats, first_share: float, rng: np.random.Generator) -> Floats:
    """Return children (B, n) that take each amount from the first parent with probability ``first_share``.

    Syswerda (1989), *Proceedings of the third international conference on genetic algorithms*: 2-9.
    """
    return np.where(rng.random(first.shape) < first_share, first, second)


def gaussian_mutation(plans: Floats, scale: Floats, rate: float, rng: np.random.Generator) -> Floats:
    """Add normal noise of sd ``scale`` (n,) to each amount with probability ``rate``, (B, n).

    The result may leave budget and bounds; `project` brings it back.
    """
    noise = rng.standard_normal(plans.shape) * scale
    return plans + np.where(rng.random(plans.shape) < rate, noise, 0.0)


def diversity(plans: Floats, total: float) -> float:
    """Root mean square distance of plans (B, n) from their mean plan, as a share of the budget."""
    spread = plans - plans.mean(axis=0)
    return float(np.sqrt((spread**2).sum(axis=1).mean()) / total)
