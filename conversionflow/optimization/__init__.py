"""Optimisation: the budget plan that serves a goal best, exact to the cent, with its uncertainty."""

from conversionflow.optimization.curve_table import CurveTable, TabulatedGoal
from conversionflow.optimization.dynamic_programming import dynamic_programming
from conversionflow.optimization.exact import Optimum, first_order_gap, steepest_first
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
from conversionflow.optimization.mixed_integer import mixed_integer
from conversionflow.optimization.money import cent_bounds, to_cents
from conversionflow.optimization.objective import (
    DrawsObjective,
    MarketObjective,
    Objective,
    SeparableObjective,
)
from conversionflow.optimization.operators import diversity, gaussian_mutation, tournament, uniform_crossover
from conversionflow.optimization.pareto import crowding_distances, hypervolume, non_dominated_ranks, survivors
from conversionflow.optimization.plan import Plan, PlanFigures, evaluate_plan, optimise
from conversionflow.optimization.polish import slsqp
from conversionflow.optimization.problem import BudgetProblem, ConvexPiece, default_bounds
from conversionflow.optimization.projection import project
from conversionflow.optimization.rule_seeds import read_rules
from conversionflow.optimization.rules import ActiveRule, LinearRule, Rules
from conversionflow.optimization.search import Found, find_plan
from conversionflow.optimization.seeds import exact_plan, starting_plans
from conversionflow.optimization.water_filling import water_filling

__all__ = [
    "ActiveRule",
    "BudgetProblem",
    "ConvexPiece",
    "CurveTable",
    "Downside",
    "DrawsObjective",
    "ExpectedConversions",
    "ExpectedRevenue",
    "Found",
    "Frontier",
    "GeneticSettings",
    "Goal",
    "LinearRule",
    "MarketObjective",
    "Objective",
    "Observer",
    "Optimum",
    "Plan",
    "PlanFigures",
    "Rules",
    "SearchResult",
    "SearchState",
    "SeparableObjective",
    "TabulatedGoal",
    "cent_bounds",
    "crowding_distances",
    "default_bounds",
    "diversity",
    "dynamic_programming",
    "evaluate_plan",
    "exact_plan",
    "find_plan",
    "first_order_gap",
    "gaussian_mutation",
    "genetic_search",
    "hypervolume",
    "mixed_integer",
    "moved_share",
    "non_dominated_ranks",
    "objective_values",
    "optimise",
    "project",
    "read_rules",
    "search_frontier",
    "slsqp",
    "starting_plans",
    "steepest_first",
    "survivors",
    "to_cents",
    "tournament",
    "uniform_crossover",
    "water_filling",
]
