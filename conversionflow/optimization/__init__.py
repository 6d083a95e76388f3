"""Optimisation: the budget plan that serves a goal best, exact to the cent, with its uncertainty."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conversionflow.optimization.curve_table import CurveTable as CurveTable
    from conversionflow.optimization.curve_table import TabulatedGoal as TabulatedGoal
    from conversionflow.optimization.dynamic_programming import dynamic_programming as dynamic_programming
    from conversionflow.optimization.exact import Optimum as Optimum
    from conversionflow.optimization.exact import first_order_gap as first_order_gap
    from conversionflow.optimization.exact import steepest_first as steepest_first
    from conversionflow.optimization.frontier import Frontier as Frontier
    from conversionflow.optimization.frontier import objective_values as objective_values
    from conversionflow.optimization.frontier import search_frontier as search_frontier
    from conversionflow.optimization.genetic import Observer as Observer
    from conversionflow.optimization.genetic import SearchResult as SearchResult
    from conversionflow.optimization.genetic import SearchState as SearchState
    from conversionflow.optimization.genetic import genetic_search as genetic_search
    from conversionflow.optimization.genetic_settings import GeneticSettings as GeneticSettings
    from conversionflow.optimization.goals import Downside as Downside
    from conversionflow.optimization.goals import ExpectedConversions as ExpectedConversions
    from conversionflow.optimization.goals import ExpectedRevenue as ExpectedRevenue
    from conversionflow.optimization.goals import Goal as Goal
    from conversionflow.optimization.goals import moved_share as moved_share
    from conversionflow.optimization.mixed_integer import mixed_integer as mixed_integer
    from conversionflow.optimization.money import cent_bounds as cent_bounds
    from conversionflow.optimization.money import to_cents as to_cents
    from conversionflow.optimization.objective import DrawsObjective as DrawsObjective
    from conversionflow.optimization.objective import MarketObjective as MarketObjective
    from conversionflow.optimization.objective import Objective as Objective
    from conversionflow.optimization.objective import SeparableObjective as SeparableObjective
    from conversionflow.optimization.operators import diversity as diversity
    from conversionflow.optimization.operators import gaussian_mutation as gaussian_mutation
    from conversionflow.optimization.operators import tournament as tournament
    from conversionflow.optimization.operators import uniform_crossover as uniform_crossover
    from conversionflow.optimization.pareto import crowding_distances as crowding_distances
    from conversionflow.optimization.pareto import hypervolume as hypervolume
    from conversionflow.optimization.pareto import non_dominated_ranks as non_dominated_ranks
    from conversionflow.optimization.pareto import survivors as survivors
    from conversionflow.optimization.plan import Plan as Plan
    from conversionflow.optimization.plan import PlanFigures as PlanFigures
    from conversionflow.optimization.plan import evaluate_plan as evaluate_plan
    from conversionflow.optimization.plan import optimise as optimise
    from conversionflow.optimization.polish import slsqp as slsqp
    from conversionflow.optimization.problem import BudgetProblem as BudgetProblem
    from conversionflow.optimization.problem import ConvexPiece as ConvexPiece
    from conversionflow.optimization.problem import default_bounds as default_bounds
    from conversionflow.optimization.projection import project as project
    from conversionflow.optimization.rule_seeds import read_rules as read_rules
    from conversionflow.optimization.rules import ActiveRule as ActiveRule
    from conversionflow.optimization.rules import LinearRule as LinearRule
    from conversionflow.optimization.rules import Rules as Rules
    from conversionflow.optimization.search import Found as Found
    from conversionflow.optimization.search import find_plan as find_plan
    from conversionflow.optimization.seeds import exact_plan as exact_plan
    from conversionflow.optimization.seeds import starting_plans as starting_plans
    from conversionflow.optimization.water_filling import water_filling as water_filling

_HOMES = {
    "ActiveRule": "rules",
    "BudgetProblem": "problem",
    "ConvexPiece": "problem",
    "CurveTable": "curve_table",
    "Downside": "goals",
    "DrawsObjective": "objective",
    "ExpectedConversions": "goals",
    "ExpectedRevenue": "goals",
    "Found": "search",
    "Frontier": "frontier",
    "GeneticSettings": "genetic_settings",
    "Goal": "goals",
    "LinearRule": "rules",
    "MarketObjective": "objective",
    "Objective": "objective",
    "Observer": "genetic",
    "Optimum": "exact",
    "Plan": "plan",
    "PlanFigures": "plan",
    "Rules": "rules",
    "SearchResult": "genetic",
    "SearchState": "genetic",
    "SeparableObjective": "objective",
    "TabulatedGoal": "curve_table",
    "cent_bounds": "money",
    "crowding_distances": "pareto",
    "default_bounds": "problem",
    "diversity": "operators",
    "dynamic_programming": "dynamic_programming",
    "evaluate_plan": "plan",
    "exact_plan": "seeds",
    "find_plan": "search",
    "first_order_gap": "exact",
    "gaussian_mutation": "operators",
    "genetic_search": "genetic",
    "hypervolume": "pareto",
    "mixed_integer": "mixed_integer",
    "moved_share": "goals",
    "non_dominated_ranks": "pareto",
    "objective_values": "frontier",
    "optimise": "plan",
    "project": "projection",
    "read_rules": "rule_seeds",
    "search_frontier": "frontier",
    "slsqp": "polish",
    "starting_plans": "seeds",
    "steepest_first": "exact",
    "survivors": "pareto",
    "to_cents": "money",
    "tournament": "operators",
    "uniform_crossover": "operators",
    "water_filling": "water_filling",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    """Import a name's module when it is first asked for: a question needs no frontier."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
