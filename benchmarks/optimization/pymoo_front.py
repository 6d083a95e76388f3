"""pymoo's NSGA-II on conversions and money moved."""

import numpy as np
from numpy.typing import NDArray

from conversionflow.optimization import BudgetProblem, GeneticSettings, Goal, moved_share, objective_values

Floats = NDArray[np.float64]


def front(goal: Goal, asked: Goal, problem: BudgetProblem, settings: GeneticSettings, seed: int) -> Floats:
    """Return the objectives of the front, with our projection as repair.

    Its population is this package's, its generations those of the single-objective search.
    """
    from pymoo.algorithms.moo.nsga2 import NSGA2
    from pymoo.core.problem import Problem
    from pymoo.core.repair import Repair
    from pymoo.optimize import minimize

    class Budget(Problem):
        def __init__(self) -> None:
            super().__init__(n_var=len(problem.keys), n_obj=2, xl=problem.low, xu=problem.high)

        def _evaluate(self, plans: Floats, out: dict[str, Floats], *_: object, **__: object) -> None:
            moved = moved_share(plans, problem.current, problem.total)
            out["F"] = np.column_stack([-asked.values(plans), moved])

    class Projection(Repair):
        def _do(self, _: Problem, plans: Floats, **__: object) -> Floats:
            return problem.repair(plans)

    algorithm = NSGA2(pop_size=settings.frontier_population, repair=Projection())
    found = minimize(Budget(), algorithm, ("n_gen", settings.generations), seed=seed)
    return objective_values([goal], problem, np.atleast_2d(found.X))
