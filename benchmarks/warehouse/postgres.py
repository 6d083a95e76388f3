"""Time a frame that a Python model writes beside plain COPY, and where the time of `dbt build` goes."""

from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
import pyarrow.csv as arrow_csv

from benchmarks.build.__main__ import seconds_by_layer
from benchmarks.commands import run, seconds
from benchmarks.events import arrival
from benchmarks.postgres import fill
from conversionflow.warehouse.postgres_copy import write_table

REPEATS = 3
#: A frame as a fit leaves it: keys as text, counts, numbers.
FRAME = """
    select
        'journey' as model,
        i % 4 as chain,
        i as draw,
        'parameter ' || i % 30 as parameter,
        case when i % 7 > 0 then 'touchpoint ' || i % 12 end as touchpoint,
        timestamp '2025-01-01' + to_seconds(i) as moment,
        cast(hash(i) % 100000000 as decimal(18, 2)) / 100 as money,
        hash(i) / 1e19 as number
    from range({rows}) as numbers(i)
"""


def write_ratio(connection: Any, folder: Path, rows: int) -> str:
    """Write a frame as a Python model does, and COPY the same rows from a file that lies ready."""
    frame = duckdb.sql(FRAME.format(rows=rows)).to_arrow_table()
    file = folder / "frame.csv"
    arrow_csv.write_csv(frame, file, arrow_csv.WriteOptions(include_header=False))
    written, copied = [], []
    with connection.cursor() as cursor:
        for _ in range(REPEATS):
            written.append(seconds(lambda: write_table(connection, "written", frame.to_reader())))
            cursor.execute("create table copied (like written)")
            with file.open("rb") as lines:
                copy = partial(cursor.copy_expert, "copy copied from stdin with (format csv)", lines)
                copied.append(seconds(copy))
            cursor.execute("drop table written; drop table copied")
            connection.commit()
    return (
        f"a frame of {rows:,} rows and {frame.num_columns} columns: written in {min(written):.2f} s, "
        f"plain COPY {min(copied):.2f} s, ratio {min(written) / min(copied):.2f} (best of {REPEATS} each)"
    )


def build_shares(settings: dict[str, object], folder: Path, events: int) -> Iterator[str]:
    """Build everything from `events` events, and say where the time goes."""
    with closing(psycopg2.connect(**settings)) as connection:
        fill(connection, events)
        with connection, connection.cursor() as cursor:
            cursor.execute(arrival("true"))
    whole = seconds(lambda: run(folder, "dbt", "build", "--target", "postgres"))
    yield f"dbt build --target postgres of {events:,} events: {whole:.1f} s"
    for layer, spent in seconds_by_layer(folder).most_common():
        yield f"  {layer:<24}{spent:>8.2f} s {spent / whole:>7.0%}"
