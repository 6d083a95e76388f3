"""The families of instances, and what is measured on one of them."""

import resource
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.optimization.instances import hill, journey, ruled
from benchmarks.optimization.peers import Peer, peers, workers
from benchmarks.optimization.pymoo_front import front
from benchmarks.optimization.references import (
    area_under_front,
    concave_bound,
    on_a_grid,
    under_rules,
)
from conversionflow.optimization import (
    BudgetProblem,
    ExpectedConversions,
    GeneticSettings,
    Objective,
    exact_plan,
    find_plan,
    genetic_search,
    hypervolume,
    search_frontier,
    slsqp,
    starting_plans,
)
from conversionflow.optimization.seeds import searchable

Floats = NDArray[np.float64]
Method = Callable[[], Floats]

STARTS = 64
#: No instance that is measured.
WARM_SEED = 1_000_000


def processor_seconds() -> float:
    """Return what this process has worked, and the workers that it waited for."""
    workers_worked = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + workers_worked.ru_utime + workers_worked.ru_stime


def measured(
    part: str,
    size: int,
    seed: int,
    bound: float,
    response: Objective,
    problem: BudgetProblem,
    methods: dict[str, Method],
) -> Iterator[dict]:
    """Run methods on one instance; the optimum is the bound or the best of all, whichever is higher."""
    timed = []
    for name, method in methods.items():
        began, worked = time.perf_counter(), processor_seconds()
        plan = method()
        timed.append((name, time.perf_counter() - began, processor_seconds() - worked, plan))
    goal = ExpectedConversions(response)
    base = float(goal.values(problem.repair(problem.current[None]))[0])
    kept = [float(goal.values(problem.repair(plan[None]))[0]) for *_, plan in timed]
    best = max(bound, *kept)
    for (name, seconds, worked, plan), reached in zip(timed, kept, strict=True):
        outside = np.maximum(problem.low - plan, plan - problem.high).max()
        yield {
            "part": part,
            "n": size,
            "seed": seed,
            "method": name,
            "gap": 100 * (best - reached) / (best - base),
            "residual": abs(plan.sum() - problem.total) / problem.total,
            "outside": max(0.0, float(outside)) / problem.total,
            "broken": float(problem.worst_violation(plan[None])[0]) / problem.total,
            "seconds": seconds,
            "processor": worked,
        }


def methods_on(
    response: Objective, problem: BudgetProblem, seed: int, against: Mapping[str, Peer]
) -> dict[str, Method]:
    """Return this package's search, its parts alone, and the peers."""
    settings, goal = GeneticSettings(seed=seed), ExpectedConversions(response)
    asked = searchable(goal, problem, settings)

    def alone() -> Floats:
        again = searchable(goal, problem, settings)
        return genetic_search(again.values, problem, settings).plan

    def exact() -> Floats:
        return exact_plan(goal, problem, settings).plan

    found = {
        "conversionflow": lambda: find_plan(goal, problem, settings).plan,
        "genetic algorithm alone": alone,
    }
    if goal.curves is not None:
        found["exact seed alone"] = exact
    for name, peer in against.items():
        found[name] = lambda peer=peer: peer(goal, asked, problem, seed)
    return found


def concave(size: int, seed: int, against: Mapping[str, Peer]) -> Iterator[dict]:
    """Measure on Hill curves of slope 1, 500 draws, against the bound that marginals prove."""
    response, problem = hill(size, 500, 1.0, seed)
    plan = find_plan(ExpectedConversions(response), problem, GeneticSettings()).plan
    bound = concave_bound(response, problem, plan)
    yield from measured(
        "concave", size, seed, bound, response, problem, methods_on(response, problem, seed, against)
    )


def s_curves(size: int, seed: int, against: Mapping[str, Peer]) -> Iterator[dict]:
    """Measure on Hill curves of slope 3, 100 draws, against dynamic programming."""
    response, problem = hill(size, 100, 3.0, seed)
    bound = on_a_grid(response, problem)
    yield from measured(
        "s-curves", size, seed, bound, response, problem, methods_on(response, problem, seed, against)
    )


def rules(size: int, seed: int, against: Mapping[str, Peer]) -> Iterator[dict]:
    """Measure on concave curves under rules, against the mixed-integer optimum."""
    response, problem = ruled(size, 100, seed)
    bound = under_rules(response, problem)
    yield from measured(
        "rules", size, seed, bound, response, problem, methods_on(response, problem, seed, against)
    )


def network(size: int, seed: int, against: Mapping[str, Peer]) -> Iterator[dict]:
    """Measure on a journey network, 200 draws, against SLSQP from 64 starts."""
    response, problem = journey(size, 200, seed)
    goal = ExpectedConversions(response)
    methods = methods_on(response, problem, seed, against)
    starts = starting_plans(goal, problem, STARTS, seed + 1)
    methods[f"SLSQP, {STARTS} starts"] = lambda: slsqp(goal, problem, starts).plan
    yield from measured("journey", size, seed, -np.inf, response, problem, methods)


def frontier(size: int, seed: int, against: Mapping[str, Peer]) -> Iterator[dict]:
    """Measure conversions against money moved: the share of the exact front's area that is dominated."""
    response, problem = hill(size, 100, 1.0, seed)
    goal = ExpectedConversions(response)
    farthest = float(np.abs(find_plan(goal, problem, GeneticSettings()).plan - problem.current).sum())
    farthest /= 2 * problem.total
    most = area_under_front(response, problem, farthest)
    low = np.array([goal.values(problem.current[None])[0], -farthest - 1e-9])
    for name, plans, seconds, worked in fronts(goal, problem, seed, bool(against)):
        yield {
            "part": "frontier",
            "n": size,
            "seed": seed,
            "method": name,
            "hypervolume": hypervolume(plans, low) / most,
            "residual": 0.0,
            "seconds": seconds,
            "processor": worked,
        }


def fronts(
    goal: ExpectedConversions, problem: BudgetProblem, seed: int, with_peers: bool
) -> Iterator[tuple[str, Floats, float, float]]:
    """Yield name, objectives, seconds and processor seconds: this package, its seeds alone, and pymoo."""
    settings = GeneticSettings(seed=seed)

    def own(generations: int) -> Floats:
        found = search_frontier([goal], problem, replace(settings, frontier_generations=generations))
        return np.asarray(found.plans[["conversions", "moved_share"]].to_numpy() * [1.0, -1.0])

    methods: dict[str, Method] = {
        "conversionflow": lambda: own(settings.frontier_generations),
        "seeds alone": lambda: own(1),
    }
    if with_peers and find_spec("pymoo"):
        asked = searchable(goal, problem, settings)
        methods["pymoo NSGA-II, our repair"] = lambda: front(goal, asked, problem, settings, seed)
    for name, method in methods.items():
        began, worked = time.perf_counter(), processor_seconds()
        values = method()
        yield name, values, time.perf_counter() - began, processor_seconds() - worked


PARTS = {
    "concave": (concave, (5, 20, 100)),
    "s-curves": (s_curves, (50,)),
    "rules": (rules, (30,)),
    "journey": (network, (12,)),
    "frontier": (frontier, (20, 50)),
}


def instance(asked: tuple[str, int, int, bool, Mapping[str, Path]]) -> list[dict]:
    """Measure one instance: part, size, seed, whether the peers here too, and the other peers' Pythons."""
    warnings.simplefilter("ignore")
    part, size, seed, with_peers, pythons = asked
    _warm(part, size)
    against = peers() if with_peers else {}
    if part in ("concave", "s-curves"):
        against |= workers(pythons)
    return list(PARTS[part][0](size, seed, against))


@cache
def _warm(part: str, size: int) -> None:
    """Call what is compiled or imported at its first use, so that it is not timed."""
    list(PARTS[part][0](size, WARM_SEED, {}))
