"""Optimisation: the budget plan that serves a goal best, exact to the cent, with its uncertainty."""

from conversionflow.optimization.curve_table import CurveTable, TabulatedGoal
from conversionflow.optimization.exact import first_order_gap, water_filling
from conversionflow.optimization.frontier import Frontier, objective_values, search_frontier
from conversionflow.optimization.genetic import Observer, SearchResult, SearchState, genetic_search
from conversionflow.optimization.genetic_settings import GeneticSettings
from conversionflow.optimization.goals import (
    Downside,
    ExpectedConversions,
    ExpectedRevenue,
    Goal,
    moved_share,
)
from conversionflow.optimization.money import cent_bounds, to_cents
from conversionflow.optimization.objective import (
    DrawsObjective,
    MarketObjective,
    Objective,
    SeparableObjective,
)
from conversionflow.optimization.operators import diversity, gaussian_mutation, tournament, uniform_crossover
from conversionflow.optimization.pareto import crowding_distances, hypervolume, non_dominated_ranks
from conversionflow.optimization.plan import Plan, PlanFigures, evaluate_plan, optimise
from conversionflow.optimization.polish import Optimum, slsqp
from conversionflow.optimization.problem import BudgetProblem, default_bounds
from conversionflow.optimization.projection import project
from conversionflow.optimization.search import Found, find_plan
from conversionflow.optimization.seeds import exact_plan, starting_plans

__all__ = [
    "BudgetProblem",
    "CurveTable",
    "Downside",
    "DrawsObjective",
    "ExpectedConversions",
    "ExpectedRevenue",
    "Found",
    "Frontier",
    "GeneticSettings",
    "Goal",
    "MarketObjective",
    "Objective",
    "Observer",
    "Optimum",
    "Plan",
    "PlanFigures",
    "SearchResult",
    "SearchState",
    "SeparableObjective",
    "TabulatedGoal",
    "cent_bounds",
    "crowding_distances",
    "default_bounds",
    "diversity",
    "evaluate_plan",
    "exact_plan",
    "find_plan",
    "first_order_gap",
    "gaussian_mutation",
    "genetic_search",
    "hypervolume",
    "moved_share",
    "non_dominated_ranks",
    "objective_values",
    "optimise",
    "project",
    "search_frontier",
    "slsqp",
    "starting_plans",
    "to_cents",
    "tournament",
    "uniform_crossover",
    "water_filling",
]
