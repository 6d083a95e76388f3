"""The genetic algorithm: every individual of every generation keeps the budget, its bounds and rules."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from conversionflow.core.errors import InputError
from conversionflow.optimization.genetic_settings import GeneticSettings
from conversionflow.optimization.objective import Floats, Integers
from conversionflow.optimization.operators import diversity, gaussian_mutation, tournament, uniform_crossover
from conversionflow.optimization.problem import BudgetProblem


@dataclass(frozen=True, eq=False)
class SearchState:
    """A search after a generation: all it needs to go on.

    Each generation draws its random numbers from a stream of its own, that of the seed and its number, so
    no state of a generator belongs to it.

    Attributes
    ----------
    plans : (B, n) array
        Its individuals, money.
    fitness : (B,) or (B, M) array
        Their values.
    history : (generation, columns) array
        A row per generation up to here.
    """

    plans: Floats
    fitness: Floats
    history: Floats

    @property
    def generation(self) -> int:
        """Number of the generation, from 1."""
        return len(self.history)

    def to_arrays(self) -> dict[str, Floats]:
        """Return what a store has to keep, by name."""
        return {"plans": self.plans, "fitness": self.fitness, "history": self.history}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "SearchState":
        """Rebuild a state from what `to_arrays` gave."""
        return cls(*(np.asarray(arrays[name], np.float64) for name in ("plans", "fitness", "history")))


Observer: TypeAlias = Callable[[SearchState], None]
"""Called with every generation: a checkpoint, a progress bar, a test."""


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
        Plans whose value was asked for, those before a resumption included.
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
    *,
    observer: Observer | None = None,
    resumed: SearchState | None = None,
) -> SearchResult:
    """Search the plan of greatest value.

    Tournament selection, uniform crossover, Gaussian mutation, then repair to budget, bounds and rules; the
    elite keeps its values, so the best never falls.

    Parameters
    ----------
    objective_values : callable
        Values (B,) of plans (B, n); higher is better.
    problem : BudgetProblem
        Bounds, rules and budget.
    settings : GeneticSettings
        Constants and the seed.
    seeds : (m, n) array, optional
        Plans to put into the first generation, repaired; at most ``population`` of them count.
    observer : callable, optional
        Called with the state after every generation.
    resumed : SearchState, optional
        Go on from here instead of a first generation; the result is the one of a search never stopped.

    Raises
    ------
    InputError
        If the objective gives a value that is not finite, or the state is of another search.
    """
    if resumed is None:
        plans = first_generation(problem, settings, seeds)
        values = finite(objective_values(plans))
        state = SearchState(plans, values, _generation_row(plans, values, problem.total))
    else:
        state = fitting(resumed, problem, settings)
    while True:
        if observer is not None:
            observer(state)
        if state.generation >= settings.generations:
            return _result(state, settings)
        state = _next(state, objective_values, problem, settings)


def first_generation(problem: BudgetProblem, settings: GeneticSettings, seeds: Floats | None) -> Floats:
    """Return seeds, then plans drawn uniformly inside the bounds, all repaired, (population, n)."""
    rng = np.random.default_rng((settings.seed, 1))
    drawn = rng.uniform(problem.low, problem.high, size=(settings.population, len(problem.keys)))
    plans = drawn if seeds is None else np.concatenate([seeds, drawn])[: settings.population]
    return problem.repair(plans)


def offspring(
    first: Floats,
    second: Floats,
    problem: BudgetProblem,
    settings: GeneticSettings,
    generation: int,
    rng: np.random.Generator,
) -> Floats:
    """Return children of a generation, one of each pair of parents (B, n): crossed, mutated, repaired."""
    width = problem.high - problem.low
    rate = min(1.0, settings.mutated_touchpoints / len(width))
    crossed = uniform_crossover(first, second, settings.first_parent_share, rng)
    return problem.repair(gaussian_mutation(crossed, settings.mutation_at(generation) * width, rate, rng))


def finite(values: Floats) -> Floats:
    """Return the values of plans (B, ...).

    Raises
    ------
    InputError
        Where one is not a finite number.
    """
    if not np.isfinite(values).all():
        wrong = ~np.isfinite(values).reshape(len(values), -1).all(axis=1)
        raise InputError(
            f"The response gives no finite number of conversions for {int(wrong.sum())} of "
            f"{len(values)} plans; look at the posterior's diagnostics."
        )
    return values


def fitting(state: SearchState, problem: BudgetProblem, settings: GeneticSettings) -> SearchState:
    """Return the state to resume from.

    Raises
    ------
    InputError
        If it is not of a search with this problem's and these settings' sizes.
    """
    expected = (settings.population, len(problem.keys))
    if state.plans.shape != expected or not 1 <= state.generation <= settings.generations:
        raise InputError(
            f"The search to resume has plans of shape {state.plans.shape} at generation {state.generation}; "
            f"this one has {expected} and {settings.generations} generations."
        )
    return state


def _next(
    state: SearchState,
    objective_values: Callable[[Floats], Floats],
    problem: BudgetProblem,
    settings: GeneticSettings,
) -> SearchState:
    """Return the next generation: the elite and its offspring."""
    generation = state.generation + 1
    rng = np.random.default_rng((settings.seed, generation))
    elite = np.argsort(-state.fitness, kind="stable")[: settings.elite]
    parents = _parents(state, settings, rng)
    children = offspring(*parents, problem, settings, generation, rng)
    plans = np.concatenate([state.plans[elite], children])
    values = np.concatenate([state.fitness[elite], finite(objective_values(children))])
    row = _generation_row(plans, values, problem.total)
    return SearchState(plans, values, np.concatenate([state.history, row]))


def _parents(
    state: SearchState, settings: GeneticSettings, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Draw two parents for every place that the elite leaves, (population - elite, n) each."""
    born = settings.population - settings.elite
    chosen: Integers = tournament(state.fitness, 2 * born, settings.tournament_size, rng)
    return state.plans[chosen[:born]], state.plans[chosen[born:]]


def _generation_row(plans: Floats, values: Floats, total: float) -> Floats:
    return np.array([[values.max(), values.mean(), values.min(), diversity(plans, total)]])


def _result(state: SearchState, settings: GeneticSettings) -> SearchResult:
    best = int(np.argmax(state.fitness))
    frame = pd.DataFrame(state.history, columns=["best", "mean", "worst", "diversity"])
    frame.insert(0, "generation", np.arange(1, len(frame) + 1))
    born = settings.population - settings.elite
    evaluations = settings.population + born * (settings.generations - 1)
    return SearchResult(state.plans[best], float(state.fitness[best]), frame, evaluations)
