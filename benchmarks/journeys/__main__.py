"""Time the journey models on DuckDB, as a multiple of one bare sort of the same events.

Run with `python -m benchmarks.journeys [--events N] [--events N ...]`.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

import click
import duckdb

PROJECT = Path(__file__).parents[2]
JOURNEYS = ["path:models/journeys", "--exclude", "transitions"]
STAGING = [
    "+stg_touches",
    "+stg_conversions",
    "+stg_spend",
    "--exclude",
    "raw_validation",
    "resource_type:test",
]
#: Nine tenths of the customers have a few events over two years, the others many: 6 each on average.
EVENTS = """
    create schema raw;
    create table raw.events as
    select
        i,
        'c' || case
            when i % 10 < 7 then hash(i) % ({events} // 7) else hash(i) % ({events} // 60)
        end as customer_id,
        timestamp '2024-01-01' + to_microseconds(cast(hash(i + 1000000007) % 63072000000000 as bigint))
            as happened_at,
        hash(i + 77) % 100 as kind
    from range({events}) as events(i);
    create table raw.touches as
    select 't' || i as touch_id, customer_id, happened_at as touched_at,
        'channel ' || cast(floor(sqrt(kind)) as integer) as channel,
        case when kind % 2 = 0 then 'Italy' else 'Spain' end as market
    from raw.events where kind < 97;
    create table raw.conversions as
    select 'k' || i as conversion_id, customer_id, happened_at as converted_at,
        cast(kind as decimal(18, 2)) as revenue, 'Italy' as market
    from raw.events where kind >= 97;
    drop table raw.events;
"""
BARE_SORT = """
    create or replace table bare_sort as
    select *, row_number() over (partition by customer_id order by touched_at) as place from raw.touches
"""


def dbt(folder: Path, *arguments: str) -> float:
    """Run dbt on the folder's warehouse; return the seconds from the first to the last moment of a model."""
    environment = {
        "CONVERSIONFLOW_DUCKDB_PATH": str(folder / "warehouse.duckdb"),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    command = [str(Path(sys.executable).parent / "dbt"), *arguments]
    done = subprocess.run(  # noqa: S603
        command, cwd=PROJECT, env={**os.environ, **environment}, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise click.ClickException(done.stdout[-3000:])
    results = json.loads((folder / "target" / "run_results.json").read_text())["results"]
    moments = [
        datetime.fromisoformat(step[edge])
        for result in results
        for step in result["timing"]
        for edge in ("started_at", "completed_at")
    ]
    return (max(moments) - min(moments)).total_seconds()


def bare_sort(folder: Path) -> float:
    """Seconds of the sort, written to a table."""
    with duckdb.connect(folder / "warehouse.duckdb") as connection:
        started = time.perf_counter()
        connection.execute(BARE_SORT)
        seconds = time.perf_counter() - started
        connection.execute("drop table bare_sort")
    return seconds


@click.command()
@click.option("--events", multiple=True, default=[1_000_000, 10_000_000], show_default=True)
def main(events: tuple[int, ...]) -> None:
    """Build the journey tables for each number of events."""
    print("     events   bare sort     staging    journeys    journeys / sort   peak memory so far")
    for size in events:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            with duckdb.connect(folder / "warehouse.duckdb") as connection:
                connection.execute(EVENTS.format(events=size))
            dbt(folder, "seed")
            staging = dbt(folder, "run", "--select", *STAGING)
            sorts = [bare_sort(folder)]
            journeys = dbt(folder, "run", "--select", *JOURNEYS)
            sorts.append(bare_sort(folder))
        sort = sum(sorts) / len(sorts)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(
            f"{size:>11,}{sort:>10.2f} s{staging:>10.2f} s{journeys:>10.2f} s{journeys / sort:>19.2f}"
            f"{peak:>18,.0f} MB",
            flush=True,
        )


if __name__ == "__main__":
    main()
