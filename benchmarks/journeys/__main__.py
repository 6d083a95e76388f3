"""Time the journey models on DuckDB, as a multiple of one bare sort of the same events.

Run with `python -m benchmarks.journeys [--events N] [--events N ...]`.
"""

import resource
import tempfile
from datetime import datetime
from pathlib import Path

import click
import duckdb

from benchmarks.warehouse import bare_sort, database, results, run

JOURNEYS = ["path:models/journeys", "--exclude", "transitions"]
STAGING = [
    "+stg_touches",
    "+stg_conversions",
    "+stg_spend",
    "--exclude",
    "raw_validation",
    "resource_type:test",
]
#: Nine in ten customers have about 5 events over two years, the others about 23: 7 each on average.
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


def dbt(folder: Path, *arguments: str) -> float:
    """Run dbt on the folder's warehouse; return the seconds from the first to the last moment of a model."""
    run(folder, "dbt", *arguments)
    moments = [
        datetime.fromisoformat(step[edge])
        for result in results(folder)
        for step in result["timing"]
        for edge in ("started_at", "completed_at")
    ]
    return (max(moments) - min(moments)).total_seconds()


@click.command()
@click.option("--events", multiple=True, default=[1_000_000, 10_000_000], show_default=True)
def main(events: tuple[int, ...]) -> None:
    """Build the journey tables for each number of events."""
    print("     events   bare sort     staging    journeys    journeys / sort   peak memory so far")
    for size in events:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            with duckdb.connect(database(folder)) as connection:
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
