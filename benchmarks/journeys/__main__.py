"""Time the journey tables: a full build beside one bare sort of the events, then one day's batch.

Beside the batch stands what dbt takes for as many models that do nothing.

Run with `python -m benchmarks.journeys [--events N ...] [--postgres N ...]`: numbers of events on
DuckDB, and on a Postgres server that is made for it with its defaults; 0 leaves a warehouse out.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import click
import duckdb
import psycopg2

from benchmarks.commands import database, results, run, seconds
from benchmarks.events import BEFORE, RAW, SINCE, arrival, history
from benchmarks.idle import idle_run
from benchmarks.postgres import fill, server

TABLES = [
    "+path:models/journeys",
    "built_inputs",
    "--exclude",
    "raw_validation",
    "transition_intervals",
    "transitions",
]
BARE_SORT = """
    drop table if exists bare_sort;
    create table bare_sort as
    select *, row_number() over (partition by customer_id order by event_at) as place
    from (
        select touch_id as event_id, customer_id, touched_at as event_at, channel, market from raw.touches
        union all
        select conversion_id, customer_id, converted_at, null, market from raw.conversions
    ) as events
"""


def build(folder: Path, *options: str) -> tuple[float, float, float]:
    """Run the journeys and all they read; return seconds, those of the journey models, and dbt's peak MB."""
    peak = run(folder, "dbt", "run", *options, "--select", *TABLES)
    models = models_of(results(folder))
    journeys = {path.stem for path in Path("models/journeys").glob("*.sql")}
    named = [model for model in models if model["unique_id"].split(".")[-1] in journeys]
    return span(models), span(named), peak


def models_of(ran: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the models among all that dbt ran."""
    return [result for result in ran if result["unique_id"].startswith("model.")]


def span(models: list[dict[str, Any]]) -> float:
    """Return the seconds in which at least one of some models was at work."""
    work = []
    for model in models:
        moments = [
            datetime.fromisoformat(step[edge])
            for step in model["timing"]
            for edge in ("started_at", "completed_at")
        ]
        work.append((min(moments), max(moments)))
    seconds, until = 0.0, min(begin for begin, _ in work)
    for begin, end in sorted(work):
        seconds += max((end - max(begin, until)).total_seconds(), 0.0)
        until = max(until, end)
    return seconds


def on_duckdb(events: int) -> str:
    """Measure one number of events; return a line of the table."""
    with tempfile.TemporaryDirectory() as name:
        opened = partial(duckdb_in, Path(name))
        with opened() as execute:
            execute("set memory_limit = '6GB'")
            execute(history(events))
            execute(RAW)
        return line(events, Path(name), opened)


@contextmanager
def duckdb_in(folder: Path) -> Iterator[Callable[[str], Any]]:
    """Open the folder's DuckDB, which dbt cannot while it is open."""
    with duckdb.connect(database(folder)) as connection:
        yield connection.execute


def on_postgres(events: int) -> str:
    """Do the same on Postgres, whose own memory is not measured."""
    with (
        tempfile.TemporaryDirectory() as name,
        server(Path(name)) as settings,
        closing(psycopg2.connect(**settings)) as connection,
        connection.cursor() as cursor,
    ):
        fill(connection, events)
        connection.autocommit = True
        return line(events, Path(name), lambda: nullcontext(cursor.execute), "--target", "postgres")


def line(
    events: int,
    folder: Path,
    opened: Callable[[], AbstractContextManager[Callable[[str], Any]]],
    *options: str,
) -> str:
    """Sort, build and sort again; let the last day arrive and build. Return a line of the table."""
    with opened() as execute:
        execute(arrival(BEFORE))
    run(folder, "dbt", "seed", *options)
    with opened() as execute:
        sorts = [seconds(partial(execute, BARE_SORT))]
    whole, journeys, peak = build(folder, *options)
    with opened() as execute:
        sorts.append(seconds(partial(execute, BARE_SORT)))
        execute("drop table bare_sort")
        execute(arrival(SINCE))
    day, _, peak_of_day = build(folder, *options)
    idle = span(idle_run(folder / "idle", len(models_of(results(folder)))))
    sort = sum(sorts) / len(sorts)
    return (
        f"{events:>12,}{sort:>10.2f} s{whole:>10.2f} s{journeys:>10.2f} s{journeys / sort:>12.2f}"
        f"{day:>10.2f} s{day / whole:>9.1%}{idle / whole:>11.1%}{max(peak, peak_of_day):>9,.0f}"
    )


@click.command()
@click.option(
    "--events", multiple=True, default=[1_000_000, 10_000_000], show_default=True, help="On DuckDB."
)
@click.option("--postgres", multiple=True, default=[1_000_000], show_default=True, help="On Postgres.")
def main(events: tuple[int, ...], postgres: tuple[int, ...]) -> None:
    """Measure each number of events; peak memory is dbt's."""
    for warehouse, measure, sizes in (("DuckDB", on_duckdb, events), ("Postgres", on_postgres, postgres)):
        if any(sizes):
            click.echo(
                f"{warehouse:>12}   bare sort  full build    journeys      / sort"
                f"   one day   / full  idle/full  peak MB"
            )
        for size in filter(None, sizes):
            click.echo(measure(size))


if __name__ == "__main__":
    main()
