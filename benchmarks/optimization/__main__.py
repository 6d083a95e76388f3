"""Plans beside the optimum and beside peers: gap, what is broken before any clean-up, seconds."""

import json
import os
import platform
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from multiprocessing import get_context
from pathlib import Path

import click
import pandas as pd

from benchmarks.optimization.families import PARTS, instance
from benchmarks.optimization.peers import WORKERS
from conversionflow.core.machine import Machine

FIGURES = ("gap", "hypervolume", "residual", "outside", "broken", "processor", "seconds")
PACKAGES = ("conversionflow", "numpy", "scipy", "pymoo", "deap")


def table(found: pd.DataFrame) -> str:
    """Return medians and worst over the seeds, a line per part, size and method."""
    by = ["part", "n", "method"]
    figures = [name for name in FIGURES if name in found]
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
@click.option("--jobs", default=Machine.here().cores, help="Instances at a time; seconds are best with 1.")
@click.option(
    "--worker",
    "pythons",
    multiple=True,
    type=(click.Choice(list(WORKERS)), click.Path(exists=True, dir_okay=False, path_type=Path)),
    metavar="NAME PYTHON",
    help=f"{' or '.join(WORKERS)}, and the Python of an environment with it; minutes an instance.",
)
@click.option("--save", type=click.Path(dir_okay=False, path_type=Path), help="Append the rows to this file.")
def main(
    parts: tuple[str, ...],
    seeds: int,
    with_peers: bool,
    first: int,
    jobs: int,
    pythons: tuple[tuple[str, Path], ...],
    save: Path | None,
) -> None:
    """Plan each instance with every method; what is not installed is left out."""
    click.echo(json.dumps(versions()))
    began = time.perf_counter()
    # each process has a core: threads of its linear algebra would wait for each other
    os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        for part in parts or PARTS:
            asked = [
                (part, size, seed, with_peers, dict(pythons))
                for size in PARTS[part][1]
                for seed in range(first, first + seeds)
            ]
            found = []
            for number, rows in enumerate(pool.map(instance, asked), 1):
                found += rows
                passed = time.perf_counter() - began
                click.echo(f"{part} {number} of {len(asked)}, {passed:.0f} s", err=True)
                if save is not None:
                    pd.DataFrame(rows).to_json(save, orient="records", lines=True, mode="a")
            click.echo(table(pd.DataFrame(found)))


if __name__ == "__main__":
    main()
