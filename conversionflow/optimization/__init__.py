"""Optimisation: the budget plan of most expected conversions, exact to the cent, with its uncertainty."""

from conversionflow.optimization.dynamic_programming import dynamic_programming
from conversionflow.optimization.exact import Optimum, first_order_gap, slsqp
from conversionflow.optimization.genetic import GeneticSettings, SearchResult, genetic_search
from conversionflow.optimization.mixed_integer import mixed_integer
from conversionflow.optimization.money import cent_bounds, to_cents
from conversionflow.optimization.objective import Objective
from conversionflow.optimization.operators import diversity, gaussian_mutation, tournament, uniform_crossover
from conversionflow.optimization.plan import Plan, PlanFigures, evaluate_plan, optimise, starting_plans
from conversionflow.optimization.problem import BudgetProblem, ConvexPiece, default_bounds
from conversionflow.optimization.projection import project
from conversionflow.optimization.rule_seeds import read_rules
from conversionflow.optimization.rules import ActiveRule, LinearRule, Rules
from conversionflow.optimization.water_filling import water_filling

__all__ = [
    "ActiveRule",
    "BudgetProblem",
    "ConvexPiece",
    "GeneticSettings",
    "LinearRule",
    "Objective",
    "Optimum",
    "Plan",
    "PlanFigures",
    "Rules",
    "SearchResult",
    "cent_bounds",
    "default_bounds",
    "diversity",
    "dynamic_programming",
    "evaluate_plan",
    "first_order_gap",
    "gaussian_mutation",
    "genetic_search",
    "mixed_integer",
    "optimise",
    "project",
    "read_rules",
    "slsqp",
    "starting_plans",
    "to_cents",
    "tournament",
    "uniform_crossover",
    "water_filling",
]
