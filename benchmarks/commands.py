"""Run the project's commands on a warehouse of their own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import duckdb

PROJECT = Path(__file__).parents[1]
#: Starts a command from a small process: Linux counts the memory of whoever starts it as the command's own.
STARTER = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[2:])
with open(sys.argv[1], "w") as file:
    file.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(done.returncode)
"""


def run(folder: Path, command: str, *arguments: str) -> float:
    """Run a command of the environment, such as dbt, on the warehouse in `folder`; return its peak in MB."""
    peak = folder / "peak"
    environment = {
        "CONVERSIONFLOW_DUCKDB_PATH": str(database(folder)),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", STARTER, peak, Path(sys.executable).parent / command, *arguments],
        cwd=PROJECT,
        env={**os.environ, **environment},
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise click.ClickException(done.stdout[-3000:] + done.stderr[-3000:])
    return int(peak.read_text()) / 1024


def database(folder: Path) -> Path:
    """Return the DuckDB file in `folder`."""
    return folder / "warehouse.duckdb"


def results(folder: Path) -> list[dict[str, Any]]:
    """Return what dbt says of each node of its last run."""
    return json.loads((folder / "target" / "run_results.json").read_text())["results"]


def timed(folder: Path, statement: str) -> float:
    """Return the seconds of a statement on the folder's warehouse."""
    with duckdb.connect(database(folder)) as connection:
        return seconds(lambda: connection.execute(statement))


def seconds(work: Callable[[], object]) -> float:
    """Return how long a piece of work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
