"""Time `dbt build` on the demo market by layer, and the journeys beside the sort they cannot do without.

Run with `python -m benchmarks.build [--events N]`.
"""

import json
import tempfile
import time
from collections import Counter
from pathlib import Path

import click

from benchmarks.commands import results, run, timed

BARE_SORT = """
    create table bare_sort as
    select *, row_number() over (partition by customer_id order by touched_at) as place from raw.touches
"""


def seconds_by_layer(folder: Path) -> Counter[str]:
    """Sum dbt's own times of the last build by folder of models; tests, seeds and so on are a layer each."""
    nodes = json.loads((folder / "target" / "manifest.json").read_text())["nodes"]
    layers: Counter[str] = Counter()
    for result in results(folder):
        kind = result["unique_id"].split(".")[0]
        layer = layer_of(nodes[result["unique_id"]]) if kind == "model" else f"{kind}s"
        layers[layer] += result["execution_time"]
    return layers


def layer_of(node: dict[str, str]) -> str:
    """Name the layer of a model in dbt's manifest: a Python model is one of its own."""
    return node["name"] if node["path"].endswith(".py") else Path(node["path"]).parts[0]


@click.command()
@click.option("--events", default=300_000, show_default=True)
def main(events: int) -> None:
    """Build the demo market once and print what took how long."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run(folder, "conversionflow", "demo", "--events", str(events))
        started = time.perf_counter()
        peak = run(folder, "dbt", "build")
        whole = time.perf_counter() - started
        layers = seconds_by_layer(folder)
        sort = timed(folder, BARE_SORT)
    print(f"dbt build of {events:,} events: {whole:.1f} s, peak memory {peak:,.0f} MB")
    for layer, seconds in layers.most_common():
        print(f"  {layer:<24}{seconds:>8.2f} s {seconds / whole:>7.0%}")
    print(f"journeys over one bare sort of the touches: {layers['journeys'] / sort:.1f}")


if __name__ == "__main__":
    main()
