"""Time the journey tables on DuckDB: a full build beside one bare sort of the events, then one day's batch.

Run with `python -m benchmarks.journeys [--events N] [--events N ...]`.
"""

import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import duckdb

from benchmarks.commands import database, results, run, timed

TABLES = [
    "+path:models/journeys",
    "built_inputs",
    "--exclude",
    "raw_validation",
    "transition_intervals",
    "transitions",
]
DAYS = 200
#: Seven in ten events are of customers with about 5, the others of some with about 18. A customer appears on
#: some day and comes back after 8 days on average, so who is active on the last day mostly appeared not long
#: ago. Rows lie in the order of time, as events arrive; the last of the 200 days, 0.5 % of the rows, comes
#: later.
EVENTS = """
    create schema raw;
    create table raw.events as
    with customers as (
        select
            i,
            case when i % 10 < 7 then hash(i) % ({events} // 7) else {events} + hash(i) % ({events} // 60) end
                as customer_number
        from range({events}::bigint * ({days} + 40) // {days}) as numbers(i)
    ),
    timed as (
        select
            i,
            customer_number,
            hash(customer_number + 17) % (({days} + 40) * 86400) - 40 * 86400
            + cast(-ln((hash(i + 1000000007) % 1000000 + 1) / 1000001) * 8 * 86400 as bigint) as second
        from customers
    )
    select
        i,
        'c' || customer_number as customer_id,
        timestamp '2025-01-01' + to_seconds(second) as happened_at,
        hash(i + 77) % 100 as kind
    from timed
    where second >= 0 and second < {days} * 86400
    order by second;
    create table raw.touches (
        touch_id text, customer_id text, touched_at timestamp, channel text, market text
    );
    create table raw.conversions (
        conversion_id text, customer_id text, converted_at timestamp, revenue decimal(18, 2), market text
    );
"""
ARRIVAL = """
    insert into raw.touches
    select 't' || i, customer_id, happened_at, 'channel ' || cast(floor(sqrt(kind)) as integer),
        case when hash(customer_id) % 2 = 0 then 'Italy' else 'Spain' end
    from raw.events where kind < 97 and {arrived};
    insert into raw.conversions
    select 'k' || i, customer_id, happened_at, kind,
        case when hash(customer_id) % 2 = 0 then 'Italy' else 'Spain' end
    from raw.events where kind >= 97 and {arrived};
"""
BEFORE = f"happened_at < timestamp '2025-01-01' + interval {DAYS - 1} day"
BARE_SORT = """
    create or replace table bare_sort as
    select *, row_number() over (partition by customer_id order by event_at) as place
    from (
        select touch_id as event_id, customer_id, touched_at as event_at, channel, market from raw.touches
        union all
        select conversion_id, customer_id, converted_at, null, market from raw.conversions
    ) as events
"""


def build(folder: Path) -> tuple[float, float, float]:
    """Run the journeys and all they read; return seconds of the whole, of the journey models, and peak MB."""
    peak = run(folder, "dbt", "run", "--select", *TABLES)
    models = [result for result in results(folder) if result["unique_id"].startswith("model.")]
    journeys = {path.stem for path in Path("models/journeys").glob("*.sql")}
    named = [model for model in models if model["unique_id"].split(".")[-1] in journeys]
    return span(models), span(named), peak


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


def measure(events: int) -> str:
    """Measure one number of events; return a line of the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        execute(folder, EVENTS.format(events=events, days=DAYS) + ARRIVAL.format(arrived=BEFORE))
        run(folder, "dbt", "seed")
        sorts = [timed(folder, BARE_SORT)]
        whole, journeys, peak = build(folder)
        sorts.append(timed(folder, BARE_SORT))
        execute(folder, "drop table bare_sort;" + ARRIVAL.format(arrived=f"not ({BEFORE})"))
        day, _, peak_of_day = build(folder)
    sort = sum(sorts) / len(sorts)
    return (
        f"{events:>12,}{sort:>10.2f} s{whole:>10.2f} s{journeys:>10.2f} s{journeys / sort:>12.2f}"
        f"{day:>10.2f} s{day / whole:>9.1%}{max(peak, peak_of_day):>10,.0f} MB"
    )


def execute(folder: Path, statements: str) -> None:
    """Run statements on the folder's warehouse."""
    with duckdb.connect(database(folder)) as connection:
        connection.execute("set memory_limit = '6GB'")
        connection.execute(statements)


@click.command()
@click.option("--events", multiple=True, default=[1_000_000, 10_000_000], show_default=True)
def main(events: tuple[int, ...]) -> None:
    """Measure each number of events; peak memory is dbt's."""
    print("      events   bare sort  full build    journeys     / sort   one day    / full  peak memory")
    for size in events:
        print(measure(size), flush=True)


if __name__ == "__main__":
    main()
