"""The genetic algorithm: every individual of every generation spends the budget inside its bounds."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from conversionflow.core.errors import InputError, SettingsError
from conversionflow.optimization.objective import Floats
from conversionflow.optimization.operators import diversity, gaussian_mutation, tournament, uniform_crossover
from conversionflow.optimization.problem import BudgetProblem
from conversionflow.optimization.projection import project


@dataclass(frozen=True)
class GeneticSettings:
    """Constants of the search.

    Attributes
    ----------
    population, generations : int
        Individuals, and generations with the first one, drawn at random, counted.
    elite_share : float
        Share of the population, the fittest, that passes to the next generation unchanged (one at least).
    tournament_size : int
        Individuals a parent has to beat or equal, itself included.
    mutated_touchpoints : float
        Expected number of amounts changed in a child.
    mutation_scale, final_mutation_scale : float
        Standard deviation of a change as a share of the amount's range, in the first and the last
        generation; it falls geometrically in between.
    search_draws : int
        Posterior draws used while searching; final figures use all.
    reference_starts : int
        Starting plans of the SLSQP reference.
    seed : int
        Seed of all randomness of the search.
    """

    population: int = 100
    generations: int = 200
    elite_share: float = 0.1
    tournament_size: int = 3
    mutated_touchpoints: float = 2.0
    mutation_scale: float = 0.5
    final_mutation_scale: float = 0.01
    search_draws: int = 50
    reference_starts: int = 8
    seed: int = 0

    def __post_init__(self) -> None:
        counts = ("generations", "tournament_size", "search_draws", "reference_starts")
        wrong = [
            f"{name} is {getattr(self, name)}, not 1 or more" for name in counts if getattr(self, name) < 1
        ]
        if self.population < 2:
            wrong.append(f"population is {self.population}, not 2 or more")
        if not 0 <= self.elite_share < 1:
            wrong.append(f"elite_share is {self.elite_share}, not from 0 to below 1")
        if not 0 < self.final_mutation_scale <= self.mutation_scale:
            wrong.append("mutation scales must satisfy 0 < final_mutation_scale <= mutation_scale")
        if not self.mutated_touchpoints > 0:
            wrong.append(f"mutated_touchpoints is {self.mutated_touchpoints}, not above 0")
        if wrong:
            raise SettingsError("The optimiser's settings are out of range: " + "; ".join(wrong) + ".")

    @property
    def elite(self) -> int:
        """Individuals that pass unchanged."""
        return min(max(1, round(self.elite_share * self.population)), self.population - 1)


@dataclass(frozen=True, eq=False)
class SearchResult:
    """Outcome of the search.

    Attributes
    ----------
    plan : (n,) array
        The fittest plan of all generations, money.
    value : float
        Its objective value.
    history : DataFrame
        One row per ``generation`` (from 1): ``best``, ``mean``, ``worst`` value and ``diversity``.
    evaluations : int
        Plans whose value was asked for.
    """

    plan: Floats
    value: float
    history: pd.DataFrame
    evaluations: int


def genetic_search(
    objective_values: Callable[[Floats], Floats],
    problem: BudgetProblem,
    settings: GeneticSettings,
    seeds: Floats | None = None,
) -> SearchResult:
    """Search the plan of greatest value.

    Tournament selection, uniform crossover, Gaussian mutation, then projection onto budget and bounds; the
    elite keeps its values, so the best never falls.

    Parameters
    ----------
    objective_values : callable
        Values (B,) of plans (B, n); higher is better.
    problem : BudgetProblem
        Bounds and budget.
    settings : GeneticSettings
        Constants and the seed.
    seeds : (m, n) array, optional
        Plans to put into the first generation, projected; at most ``population`` of them count.

    Raises
    ------
    InputError
        If the objective gives a value that is not finite.
    """
    rng = np.random.default_rng(settings.seed)
    width = problem.high - problem.low
    rate = min(1.0, settings.mutated_touchpoints / len(width))
    plans = _first_generation(problem, settings.population, seeds, rng)
    values = _finite(objective_values(plans))
    decay = settings.final_mutation_scale / settings.mutation_scale
    history = [_generation_row(plans, values, problem.total)]
    for step in range(1, settings.generations):
        scale = settings.mutation_scale * decay ** (step / (settings.generations - 1)) * width
        elite = np.argsort(-values, kind="stable")[: settings.elite]
        children = _children(plans, values, problem, scale, rate, settings, rng)
        plans = np.concatenate([plans[elite], children])
        values = np.concatenate([values[elite], _finite(objective_values(children))])
        history.append(_generation_row(plans, values, problem.total))
    best = int(np.argmax(values))
    frame = pd.DataFrame(history, columns=["best", "mean", "worst", "diversity"])
    frame.insert(0, "generation", np.arange(1, len(frame) + 1))
    born = settings.population - settings.elite
    evaluations = settings.population + born * (settings.generations - 1)
    return SearchResult(plans[best], float(values[best]), frame, evaluations)


def _first_generation(
    problem: BudgetProblem, population: int, seeds: Floats | None, rng: np.random.Generator
) -> Floats:
    """Seeds first, then plans drawn uniformly inside the bounds; all projected, (population, n)."""
    drawn = rng.uniform(problem.low, problem.high, size=(population, len(problem.keys)))
    plans = drawn if seeds is None else np.concatenate([seeds, drawn])[:population]
    return project(plans, problem.low, problem.high, problem.total)


def _children(
    plans: Floats,
    values: Floats,
    problem: BudgetProblem,
    scale: Floats,
    rate: float,
    settings: GeneticSettings,
    rng: np.random.Generator,
) -> Floats:
    """Feasible offspring for all places that the elite leaves, (population - elite, n)."""
    born = settings.population - settings.elite
    first, second = plans[tournament(values, 2 * born, settings.tournament_size, rng)].reshape(2, born, -1)
    mutants = gaussian_mutation(uniform_crossover(first, second, rng), scale, rate, rng)
    return project(mutants, problem.low, problem.high, problem.total)


def _generation_row(plans: Floats, values: Floats, total: float) -> tuple[float, float, float, float]:
    return float(values.max()), float(values.mean()), float(values.min()), diversity(plans, total)


def _finite(values: Floats) -> Floats:
    if not np.isfinite(values).all():
        raise InputError(
            f"The response gives no finite number of conversions for {int((~np.isfinite(values)).sum())} of "
            f"{len(values)} plans; look at the posterior's diagnostics."
        )
    return values
