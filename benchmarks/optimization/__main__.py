"""Plans beside the optimum and beside peers: gap, what is broken before any clean-up, seconds."""

import json
import platform
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import click
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.optimization.instances import hill, journey, ruled
from benchmarks.optimization.peers import Peer, peers
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
FIGURES = ("gap", "hypervolume", "residual", "broken", "processor", "seconds")
PACKAGES = ("conversionflow", "numpy", "scipy", "pymoo", "deap")


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
        began, worked = time.perf_counter(), time.process_time()
        plan = method()
        timed.append((name, time.perf_counter() - began, time.process_time() - worked, plan))
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
        began, worked = time.perf_counter(), time.process_time()
        values = method()
        yield name, values, time.perf_counter() - began, time.process_time() - worked


PARTS = {
    "concave": (concave, (5, 20, 100)),
    "s-curves": (s_curves, (50,)),
    "rules": (rules, (30,)),
    "journey": (network, (12,)),
    "frontier": (frontier, (20, 50)),
}


def table(found: pd.DataFrame) -> str:
    """Return medians and worst over the seeds, a line per part, size and method."""
    by = ["part", "n", "method"]
    figures = [
        name for name in ("gap", "hypervolume", "residual", "broken", "processor", "seconds") if name in found
    ]
    grouped = found.groupby(by, sort=False)[figures]
    wide = pd.concat({"median": grouped.median(), "worst": grouped.max(), "least": grouped.min()}, axis=1)
    return wide.to_string(float_format=lambda number: f"{number:.3g}")


def versions() -> dict[str, str]:
    """Return the versions that were measured."""
    known = {"python": platform.python_version(), "date": datetime.now(UTC).strftime("%Y-%m-%d")}
    for package in PACKAGES:
        try:
            known[package] = version(package)
        except PackageNotFoundError:
            known[package] = "not installed"
    return known


@click.command()
@click.option(
    "--part", "parts", multiple=True, type=click.Choice(list(PARTS)), help="Which parts; all if not given."
)
@click.option("--seeds", default=20, help="Instances of each kind.")
@click.option("--peers/--no-peers", "with_peers", default=True, help="Also the peers that are installed.")
@click.option("--first", default=0, help="First seed, to go on from.")
@click.option("--save", type=click.Path(dir_okay=False, path_type=Path), help="Append the rows to this file.")
def main(parts: tuple[str, ...], seeds: int, with_peers: bool, first: int, save: Path | None) -> None:
    """Plan each instance with every method; what is not installed is left out."""
    warnings.simplefilter("ignore")
    click.echo(json.dumps(versions()))
    for part in parts or PARTS:
        measure, sizes = PARTS[part]
        found, against = [], peers() if with_peers else {}
        for size in sizes:
            list(measure(size, first + seeds, {}))  # what is compiled at the first call is not timed
            for seed in range(first, first + seeds):
                rows = list(measure(size, seed, against))
                found += rows
                if save is not None:
                    pd.DataFrame(rows).to_json(save, orient="records", lines=True, mode="a")
        click.echo(table(pd.DataFrame(found)))


if __name__ == "__main__":
    main()
