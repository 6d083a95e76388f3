"""Time `dbt build` on the demo market by layer, and the journeys beside the sort they cannot do without.

Run with `python -m benchmarks.build [--events N]`.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import click
import duckdb

PROJECT = Path(__file__).parents[2]
BARE_SORT = """
    create or replace temp table sorted as
    select *, row_number() over (partition by customer_id order by touched_at) as place from raw.touches
"""


def run(command: list[str], folder: Path) -> float:
    """Run a command on the folder's warehouse and return its seconds."""
    environment = {
        "CONVERSIONFLOW_DUCKDB_PATH": str(folder / "warehouse.duckdb"),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }
    started = time.perf_counter()
    subprocess.run(command, cwd=PROJECT, env={**os.environ, **environment}, check=True, capture_output=True)  # noqa: S603
    return time.perf_counter() - started


def seconds_by_layer(folder: Path) -> Counter[str]:
    """Sum dbt's own times of the last build by folder of models; tests are one layer."""
    results = json.loads((folder / "target" / "run_results.json").read_text())["results"]
    nodes = json.loads((folder / "target" / "manifest.json").read_text())["nodes"]
    layers: Counter[str] = Counter()
    for result in results:
        node = nodes.get(result["unique_id"])
        if node is None:
            continue
        layers[layer_of(node)] += result["execution_time"]
    return layers


def layer_of(node: dict[str, str]) -> str:
    """Name the layer of a node of dbt's manifest: a Python model is one of its own."""
    if node["resource_type"] == "test":
        return "tests"
    return node["name"] if node["path"].endswith(".py") else Path(node["path"]).parts[0]


@click.command()
@click.option("--events", default=300_000, show_default=True)
def main(events: int) -> None:
    """Build the demo market once and print what took how long."""
    binaries = Path(sys.executable).parent
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run([str(binaries / "conversionflow"), "demo", "--events", str(events)], folder)
        whole = run([str(binaries / "dbt"), "build"], folder)
        layers = seconds_by_layer(folder)
        with duckdb.connect(folder / "warehouse.duckdb") as connection:
            started = time.perf_counter()
            connection.execute(BARE_SORT)
            sort = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"dbt build of {events:,} events: {whole:.1f} s, peak memory {peak:,.0f} MB")
    for layer, seconds in layers.most_common():
        print(f"  {layer:<24}{seconds:>8.2f} s {seconds / whole:>7.0%}")
    print(f"journeys over one bare sort of the touches: {layers['journeys'] / sort:.1f}")


if __name__ == "__main__":
    main()
