"""The search itself: exact seeds, the genetic algorithm, and the polish of the best on all draws."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from conversionflow.optimization.genetic import Observer, SearchState, genetic_search
from conversionflow.optimization.genetic_settings import GeneticSettings
from conversionflow.optimization.goals import Goal
from conversionflow.optimization.objective import Floats
from conversionflow.optimization.ordering import ReorderedGoal, name_order, reordered
from conversionflow.optimization.polish import slsqp
from conversionflow.optimization.problem import BudgetProblem
from conversionflow.optimization.seeds import approximated, exact_plan, searchable, starting_plans


@dataclass(frozen=True, eq=False)
class Found:
    """The best plan known.

    Attributes
    ----------
    today, plan : (n,) arrays
        Today's plan made feasible, and the best one; money, not rounded.
    bound : float
        What the goal is compared with: proved to be beyond reach, or the best known.
    reference : str
        What the bound is, for people.
    history : DataFrame
        Of `genetic_search`.
    """

    today: Floats
    plan: Floats
    bound: float
    reference: str
    history: pd.DataFrame


def find_plan(
    goal: Goal,
    problem: BudgetProblem,
    settings: GeneticSettings,
    *,
    observer: Observer | None = None,
    resumed: SearchState | None = None,
) -> Found:
    """Search the plan of greatest value on all draws.

    Where the goal is a sum of curves the search asks a table of all draws, and the exact optimum of the table
    is among its seeds. Elsewhere it asks some of the draws; its seeds are the best of SLSQP from several
    starts and exact optima of sums of curves that stand in for the goal. What comes out is polished on all
    draws, and so is today's plan, so the result is below neither.

    Parameters
    ----------
    goal : Goal
        What is maximised.
    problem : BudgetProblem
        Today's plan, bounds, rules, budget.
    settings : GeneticSettings
        Constants and the seed.
    observer, resumed
        As for `genetic_search`; touchpoints are in the order of their names there, whatever their order in
        the problem, so that it makes no difference to the plan.
    """
    order = name_order(problem.keys)
    if (np.diff(order) > 0).all():
        return _search(goal, problem, settings, observer, resumed)
    found = _search(ReorderedGoal(goal, order), reordered(problem, order), settings, observer, resumed)
    back = np.argsort(order)
    return replace(found, today=found.today[back], plan=found.plan[back])


def _search(
    goal: Goal,
    problem: BudgetProblem,
    settings: GeneticSettings,
    observer: Observer | None,
    resumed: SearchState | None,
) -> Found:
    """Search with the touchpoints as they come."""
    asked = searchable(goal, problem, settings)
    starts = starting_plans(asked, problem, settings.reference_starts, settings.seed)
    exact = exact_plan(goal, problem, settings)
    if exact is not None:
        seeds = np.vstack([exact.plan, starts])
    else:
        stand_ins = approximated(asked, problem, starts[0], settings)
        local = slsqp(asked, problem, np.vstack([starts, stand_ins])).plan
        seeds = np.vstack([local, stand_ins, starts])
    found = genetic_search(asked.values, problem, settings, seeds, observer=observer, resumed=resumed)
    candidates = problem.repair(np.vstack([seeds[0], found.plan, starts]))
    ahead = candidates[[int(np.argmax(goal.values(candidates)))]]
    proved = exact is not None and exact.proved
    best = slsqp(goal, problem, ahead if proved else np.vstack([ahead, starts[:1]]))
    if exact is None:
        bound, reference = best.value, _unproved(settings)
    else:
        bound = max(best.value, float(goal.values(exact.plan[None])[0]) + exact.slack)
        reference = exact.method
    return Found(starts[0], best.plan, bound, reference, found.history)


def _unproved(settings: GeneticSettings) -> str:
    return (
        f"best of {settings.reference_starts} SLSQP starts and the genetic search, polished on all draws; "
        "no proof that nothing is better"
    )
