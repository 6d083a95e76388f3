"""Time `conversionflow load` of a CSV file beside the bare copies of DuckDB and Postgres, and its memory."""

import time
from contextlib import closing
from pathlib import Path
from statistics import median

import duckdb
import psycopg2

from benchmarks.commands import database, run
from conversionflow.ingest.load import Request, load
from conversionflow.warehouse.duckdb_session import duckdb_session
from conversionflow.warehouse.postgres_session import postgres_session

#: Touches as an export has them: ids, a time, words that repeat, an amount.
TOUCHES = """
    copy (
        select
            't' || i as touch_id,
            'c' || hash(i) % ({rows} // 6) as customer_id,
            timestamp '2025-01-01' + to_seconds(cast(hash(i + 7) % 31000000 as bigint)) as touched_at,
            'channel_' || hash(i + 3) % 9 as channel,
            'campaign ' || hash(i + 4) % 50 as campaign,
            case when i % 2 = 0 then 'Italy' else 'Spain' end as market,
            'click' as interaction,
            (hash(i + 9) % 500) / 100::decimal(18, 2) as cost
        from range({rows}) as numbers(i)
    ) to '{file}' (header, timestampformat '%Y-%m-%d %H:%M:%S')
"""
TABLE = """
    create table bare.touches (
        touch_id text, customer_id text, touched_at timestamp, channel text, campaign text, market text,
        interaction text, cost decimal(18, 2)
    )
"""
HEADER = "        rows        file     COPY      load  ratio  Postgres COPY     load  ratio     peak"
EMPTY = "drop schema if exists bare cascade; create schema bare;"


def duckdb_copy(file: Path, folder: Path) -> float:
    """Return the seconds of DuckDB's own COPY of the file into a new table."""
    path = folder / "copied.duckdb"
    path.unlink(missing_ok=True)
    started = time.perf_counter()
    with duckdb.connect(path) as connection:
        connection.execute(EMPTY + TABLE)
        connection.execute(f"copy bare.touches from '{file}' (header)")
    return time.perf_counter() - started


def duckdb_load(file: Path, folder: Path) -> float:
    """Return the seconds of a load into a new DuckDB file."""
    path = folder / "loaded.duckdb"
    path.unlink(missing_ok=True)
    started = time.perf_counter()
    with duckdb_session(path) as session:
        load(Request("touches", [str(file)]), session)
    return time.perf_counter() - started


def postgres_copy(file: Path, settings: dict[str, object]) -> float:
    """Return the seconds of COPY FROM STDIN of the file as it is into a new table."""
    with closing(psycopg2.connect(**settings)) as connection, connection.cursor() as cursor:
        started = time.perf_counter()
        cursor.execute(EMPTY + TABLE)
        with file.open("rb") as content:
            cursor.copy_expert("copy bare.touches from stdin with (format csv, header)", content, 1 << 20)
        connection.commit()
        return time.perf_counter() - started


def postgres_load(file: Path, settings: dict[str, object]) -> float:
    """Return the seconds of a load into a new table of Postgres."""
    with closing(psycopg2.connect(**settings)) as connection, connection.cursor() as cursor:
        cursor.execute("drop schema if exists raw cascade")
        connection.commit()
    started = time.perf_counter()
    with postgres_session("benchmark", settings) as session:
        load(Request("touches", [str(file)]), session)
    return time.perf_counter() - started


def peak_megabytes(file: Path, folder: Path) -> float:
    """Return the most memory that a process of its own takes for a load into DuckDB."""
    own = folder / "memory"
    own.mkdir(exist_ok=True)
    peak = run(own, "conversionflow", "load", "touches", str(file))
    database(own).unlink()
    return peak


def measure(rows: int, rounds: int, folder: Path, settings: dict[str, object]) -> str:
    """
    Measure one number of rows, the loads and the copies in turn; return a line of the table.

    Parameters
    ----------
    rows, rounds
        Of the file; how often each is run, the medians are shown.
    folder
        For the files.
    settings
        What libpq needs to reach the server.
    """
    file = folder / "touches.csv"
    duckdb.sql(TOUCHES.format(rows=rows, file=file))
    bare, loaded, plain, copied = [], [], [], []
    for _ in range(rounds):
        bare.append(duckdb_copy(file, folder))
        loaded.append(duckdb_load(file, folder))
        plain.append(postgres_copy(file, settings))
        copied.append(postgres_load(file, settings))
    peak = peak_megabytes(file, folder)
    size = file.stat().st_size / 1e6
    file.unlink()
    return (
        f"{rows:>12,}{size:>9,.0f} MB"
        f"{median(bare):>9.2f} s{median(loaded):>9.2f} s{ratio(loaded, bare):>7.2f}"
        f"{median(plain):>13.2f} s{median(copied):>9.2f} s{ratio(copied, plain):>7.2f}{peak:>8,.0f} MB"
    )


def ratio(ours: list[float], bare: list[float]) -> float:
    """Return the median of the ratios of neighbouring runs."""
    return median(one / other for one, other in zip(ours, bare, strict=True))
