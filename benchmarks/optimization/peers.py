"""Plans by other optimisers on the same objective, as they come: nothing is repaired afterwards."""

import random
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, minimize

from conversionflow.optimization import BudgetProblem, Goal

Floats = NDArray[np.float64]
Peer = Callable[[Goal, Goal, BudgetProblem, int], Floats]

#: A gradient peer that is not done by then is stopped; DEAP's and pymoo's end is their generations.
MOST_SECONDS = 4.0
POPULATION = 100
GENERATIONS = 200
#: Peers whose dependencies want an environment of their own, and what runs there.
WORKERS = {"PyMC-Marketing": "pymc_marketing_worker.py", "Meridian": "meridian_worker.py"}


class OutOfTimeError(Exception):
    """A peer has had its time."""


def rows(problem: BudgetProblem) -> list[LinearConstraint]:
    """Return the budget and the linear rules; on, off and steps are beyond these solvers."""
    budget = [LinearConstraint(np.ones((1, len(problem.keys))), problem.total, problem.total)]
    return budget + [
        LinearConstraint(rule.coefficients[None], rule.low, rule.high) for rule in problem.rules.linear
    ]


def by_scipy(method: str, options: dict[str, float]) -> Peer:
    """Return scipy's solver from today's plan, with the exact gradient, in shares of the mean amount.

    After `MOST_SECONDS` its last iterate counts.
    """

    def solve(goal: Goal, asked: Goal, problem: BudgetProblem, seed: int) -> Floats:
        del asked, seed
        unit, scale = problem.total / len(problem.keys), abs(goal.value_and_gradient(problem.current)[0])

        end = time.perf_counter() + MOST_SECONDS

        def loss(shares: Floats) -> tuple[float, Floats]:
            if time.perf_counter() > end:
                raise OutOfTimeError
            value, gradient = goal.value_and_gradient(np.maximum(shares, 1e-12) * unit)
            return -value / scale, -gradient * unit / scale

        scaled = [LinearConstraint(row.A, row.lb / unit, row.ub / unit) for row in rows(problem)]
        iterates = [np.clip(problem.current, problem.low, problem.high) / unit]
        with suppress(OutOfTimeError):
            found = minimize(
                loss,
                iterates[0],
                jac=True,
                method=method,
                bounds=Bounds(problem.low / unit, problem.high / unit),
                constraints=scaled,
                options=options,
                callback=lambda shares, *_: iterates.append(np.copy(shares)),
            )
            iterates.append(found.x)
        return np.asarray(iterates[-1] * unit)

    return solve


def by_pymoo(repaired: bool) -> Peer:
    """Return pymoo's genetic algorithm; the budget as a constraint, or by this package's projection."""

    def solve(goal: Goal, asked: Goal, problem: BudgetProblem, seed: int) -> Floats:
        del goal
        from pymoo.algorithms.soo.nonconvex.ga import GA
        from pymoo.core.problem import Problem
        from pymoo.core.repair import NoRepair, Repair
        from pymoo.optimize import minimize as evolve

        class Budget(Problem):
            def __init__(self) -> None:
                constraints = {} if repaired else {"n_eq_constr": 1}
                super().__init__(
                    n_var=len(problem.keys), n_obj=1, xl=problem.low, xu=problem.high, **constraints
                )

            def _evaluate(self, plans: Floats, out: dict[str, Floats], *_: object, **__: object) -> None:
                out["F"] = -asked.values(plans)[:, None]
                if not repaired:
                    out["H"] = plans.sum(axis=1, keepdims=True) / problem.total - 1.0

        class Projection(Repair):
            def _do(self, _: Problem, plans: Floats, **__: object) -> Floats:
                return problem.repair(plans)

        algorithm = GA(pop_size=POPULATION, repair=Projection() if repaired else NoRepair())
        found = evolve(Budget(), algorithm, ("n_gen", GENERATIONS), seed=seed)
        best = found.X if found.X is not None else found.pop.get("X")[found.pop.get("CV")[:, 0].argmin()]
        return np.asarray(best, dtype=np.float64)

    return solve


def by_deap(goal: Goal, asked: Goal, problem: BudgetProblem, seed: int) -> Floats:
    """Return DEAP's simple genetic algorithm on shares that are divided by their sum to spend the budget."""
    del goal
    from deap import algorithms, base, creator, tools

    random.seed(seed)
    rng = np.random.default_rng(seed)
    if not hasattr(creator, "Plan"):
        creator.create("Fitness", base.Fitness, weights=(1.0,))
        creator.create("Plan", list, fitness=creator.Fitness)
    low, high = problem.low.tolist(), problem.high.tolist()

    def amounts(individuals: list[list[float]]) -> Floats:
        plans = np.array(individuals)
        return np.asarray(plans * (problem.total / plans.sum(axis=1, keepdims=True)))

    def evaluate(_: Callable[..., object], individuals: list[list[float]]) -> list[tuple[float]]:
        plans = amounts(list(individuals))
        return [(float(one),) for one in asked.values(plans)]

    box = base.Toolbox()
    box.register("evaluate", lambda individual: individual)
    box.register("map", evaluate)
    box.register("mate", tools.cxSimulatedBinaryBounded, eta=15.0, low=low, up=high)
    box.register("mutate", tools.mutPolynomialBounded, eta=20.0, low=low, up=high, indpb=2.0 / len(low))
    box.register("select", tools.selTournament, tournsize=3)
    population = [creator.Plan(one) for one in rng.uniform(low, high, (POPULATION, len(low))).tolist()]
    best = tools.HallOfFame(1)
    algorithms.eaSimple(population, box, 0.9, 0.5, GENERATIONS - 1, halloffame=best, verbose=False)
    return np.asarray(amounts([best[0]])[0])


def by_worker(worker: str, python: Path) -> Peer:
    """Return an optimiser that another Python runs; its seconds hold imports and the making of its model."""

    def solve(goal: Goal, asked: Goal, problem: BudgetProblem, seed: int) -> Floats:
        del asked, seed
        curves = goal.response
        with TemporaryDirectory() as folder:
            given, plan = Path(folder) / "curves.npz", Path(folder) / "plan.npy"
            np.savez(
                given,
                scale=curves.scale,
                half=curves.half,
                slope=curves.slope,
                current=problem.current,
                low=problem.low,
                high=problem.high,
                total=problem.total,
            )
            file = Path(__file__).with_name(worker)
            subprocess.run([python, file, given, plan], check=True, capture_output=True)  # noqa: S603
            return np.asarray(np.load(plan))

    return solve


def workers(pythons: Mapping[str, Path]) -> dict[str, Peer]:
    """Return the peers of other environments, by name: for sums of curves within bounds, without rules."""
    return {name: by_worker(WORKERS[name], python) for name, python in pythons.items()}


def peers() -> dict[str, Peer]:
    """Return the peers that are installed here."""
    found: dict[str, Peer] = {
        "scipy SLSQP": by_scipy("SLSQP", {"ftol": 1e-12, "maxiter": 500}),
        "scipy trust-constr": by_scipy("trust-constr", {"gtol": 1e-8, "xtol": 1e-10, "maxiter": 300}),
    }
    if find_spec("pymoo"):
        found |= {"pymoo GA": by_pymoo(repaired=False), "pymoo GA, our repair": by_pymoo(repaired=True)}
    if find_spec("deap"):
        found["DEAP, shares"] = by_deap
    return found
