"""Plans that no other beats in every goal, between today's and the best, by NSGA-II from exact seeds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from conversionflow.core.errors import InputError
from conversionflow.optimization.frontier_seeds import supported_plans
from conversionflow.optimization.genetic import (
    Observer,
    SearchState,
    finite,
    first_generation,
    fitting,
    offspring,
)
from conversionflow.optimization.genetic_settings import GeneticSettings
from conversionflow.optimization.goals import Goal, moved_share
from conversionflow.optimization.objective import Floats
from conversionflow.optimization.operators import diversity, tournament
from conversionflow.optimization.pareto import crowding_distances, non_dominated_ranks, survivors
from conversionflow.optimization.problem import BudgetProblem
from conversionflow.optimization.seeds import searchable


@dataclass(frozen=True, eq=False)
class Frontier:
    """Plans of which none is as good as another in everything and better in something.

    Attributes
    ----------
    plans : DataFrame
        One row per ``plan_id``, from 1 by money moved: a column per goal, ``moved_share``, ``recommended``.
    spend : DataFrame
        One row per ``plan_id``, ``market`` and ``touchpoint``: ``spend``, whole cents per period.
    """

    plans: pd.DataFrame
    spend: pd.DataFrame


def search_frontier(
    goals: Sequence[Goal],
    problem: BudgetProblem,
    settings: GeneticSettings,
    *,
    observer: Observer | None = None,
    resumed: SearchState | None = None,
) -> Frontier:
    """Search plans that are good in several goals and move little money.

    NSGA-II (Deb, Pratap, Agarwal & Meyarivan, 2002, *IEEE Transactions on Evolutionary Computation* 6:
    182-197) with the operators and the repair of `genetic_search`, from plans that are best for weighted
    sums of the objectives and plans between neighbours of these. Of the front, the plan that moves least
    money is recommended among those that keep ``kept_uplift`` of the largest uplift in the first goal.

    Parameters
    ----------
    goals : sequence of Goal
        One or more, of the same touchpoints; little money moved is an objective of its own.
    problem : BudgetProblem
        Today's plan, bounds, rules, budget.
    settings : GeneticSettings
        Constants and the seed; goals that are no sum of curves are searched on ``search_draws`` draws.
    observer, resumed
        As for `genetic_search`; values are (B, goals + 1), the last one the negative share moved.

    Raises
    ------
    InputError
        If there is no goal, the goals are not all of the problem's touchpoints, or a goal gives a value that
        is not finite.
    """
    if not goals or any(goal.keys != problem.keys for goal in goals):
        raise InputError("A frontier needs one or more goals of the problem's markets and touchpoints.")
    settings = replace(
        settings, population=settings.frontier_population, generations=settings.frontier_generations
    )
    searched = [searchable(goal, problem, settings) for goal in goals]
    state = resumed and fitting(resumed, problem, settings)
    if state is None:
        plans = first_generation(problem, settings, supported_plans(searched, problem, settings))
        state = _state(plans, objective_values(searched, problem, plans), problem, np.zeros((0, 4)))
    while True:
        if observer is not None:
            observer(state)
        if state.generation >= settings.generations:
            return _front(goals, problem, settings, state.plans)
        state = _next(state, searched, problem, settings)


def objective_values(goals: Sequence[Goal], problem: BudgetProblem, plans: Floats) -> Floats:
    """Return goals and the negative share of the budget moved, (B, goals + 1), higher is better."""
    moved = moved_share(plans, problem.current, problem.total)
    return finite(np.column_stack([*(goal.values(plans) for goal in goals), -moved]))


def _state(plans: Floats, values: Floats, problem: BudgetProblem, history: Floats) -> SearchState:
    first = values[:, 0]
    row = [first.max(), first.mean(), first.min(), diversity(plans, problem.total)]
    return SearchState(plans, values, np.vstack([history, row]))


def _next(
    state: SearchState, goals: Sequence[Goal], problem: BudgetProblem, settings: GeneticSettings
) -> SearchState:
    """Return the best of a generation and its children, by front, then by room around them."""
    generation = state.generation + 1
    rng = np.random.default_rng((settings.seed, generation))
    count = settings.population
    chosen = tournament(-_standing(state.fitness), 2 * count, settings.tournament_size, rng)
    parents = state.plans[chosen[:count]], state.plans[chosen[count:]]
    children = offspring(*parents, problem, settings, generation, rng)
    plans = np.concatenate([state.plans, children])
    values = np.concatenate([state.fitness, objective_values(goals, problem, children)])
    kept = survivors(values, count)
    return _state(plans[kept], values[kept], problem, state.history)


def _standing(values: Floats) -> Floats:
    """Place of each individual (B,), 0 the best: by front, then the most room first."""
    ranks = non_dominated_ranks(values)
    order = np.lexsort((-crowding_distances(values, ranks), ranks))
    places = np.empty(len(values))
    places[order] = np.arange(len(values))
    return places


def _front(
    goals: Sequence[Goal], problem: BudgetProblem, settings: GeneticSettings, plans: Floats
) -> Frontier:
    """Round the plans to cents, evaluate them on all draws, and keep the front."""
    cents = np.unique(np.array([problem.rounded(plan) for plan in plans]), axis=0)
    values = objective_values(goals, problem, cents)
    kept = np.flatnonzero(non_dominated_ranks(values) == 0)
    kept = kept[np.argsort(-values[kept, -1], kind="stable")]
    frame = pd.DataFrame(values[kept, :-1], columns=[goal.name for goal in goals])
    frame = frame.assign(moved_share=-values[kept, -1])
    frame.insert(0, "plan_id", np.arange(1, len(kept) + 1))
    frame["recommended"] = frame.index == _recommended(values[kept], settings.kept_uplift)
    market, touchpoint = zip(*problem.keys, strict=True)
    spend = pd.DataFrame(
        {
            "plan_id": np.repeat(frame["plan_id"].to_numpy(), len(problem.keys)),
            "market": np.tile(market, len(kept)),
            "touchpoint": np.tile(touchpoint, len(kept)),
            "spend": cents[kept].ravel(),
        }
    )
    return Frontier(frame, spend)


def _recommended(values: Floats, kept_uplift: float) -> int:
    """Return the row of the plan that moves least and keeps the share of the first goal's uplift.

    The uplift is over the row that moves least of all: today's plan, where it is allowed.
    """
    first = values[:, 0]
    base = first[np.argmax(values[:, -1])]
    enough = first >= base + kept_uplift * (first.max() - base)
    return int(np.argmax(np.where(enough, values[:, -1], -np.inf)))
