"""`conversionflow demo`: the simulated market becomes the raw tables."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from conversionflow.cli.shared import DEMO_MARK, RAW_SCHEMA, database_option, raw_tables, target_option
from conversionflow.core.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

    from conversionflow.warehouse.session import Session

TRUTH_SCHEMA = "demo_truth"
_CHUNK_EVENTS = 1_000_000
_MIN_EVENTS = 10_000
_MAX_EVENTS = 100_000_000
_REPORTED_SHARE = 0.1
_ROWS = "simulated_rows"


@click.command()
@click.option(
    "--events",
    type=click.IntRange(_MIN_EVENTS, _MAX_EVENTS),
    default=300_000,
    show_default=True,
    help="About how many touches to draw.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Which market to draw."
)
@target_option
@database_option
@click.option("--replace", is_flag=True, help="Overwrite raw tables that are not the demo's.")
def demo(events: int, seed: int, target: str | None, database: Path | None, replace: bool) -> None:
    """
    Load a simulated market whose truth is known.

    The events go to the raw tables, the truth behind them to the schema demo_truth. The same events and seed
    give the same market. Data of your own in the raw tables are left alone unless --replace is given.
    """
    from conversionflow.simulation import demo_world, simulate, truth_tables
    from conversionflow.warehouse.profiles import find_target

    started = time.monotonic()
    warehouse = find_target(target, database)
    with warehouse.session() as session:
        if not replace:
            _refuse_own_data(session)
        with _progress(events) as advance, session.transaction():
            world = demo_world(events, seed)
            rows = _write_raw(session, simulate(world, _CHUNK_EVENTS), advance)
            for name, truth in truth_tables(world).items():
                session.replace(TRUTH_SCHEMA, name, _query(session, truth))
    click.echo(f"The demo market is in {warehouse.name} ({time.monotonic() - started:.1f} s)")
    for name, count in rows.items():
        click.echo(f"  {RAW_SCHEMA}.{name:<20} {count:>13,} rows")
    click.echo(f"Its truth is in the schema {TRUTH_SCHEMA}. Go on with: dbt build")


def _refuse_own_data(session: Session) -> None:
    _, own = raw_tables(session, RAW_SCHEMA)
    if own:
        names = ", ".join(f"{RAW_SCHEMA}.{name} ({rows:,} rows)" for name, rows in own.items())
        raise InputError(
            f"These tables are not the demo's: {names}. Overwrite them with --replace, or put the "
            "demo elsewhere with --database."
        )


def _write_raw(
    session: Session, chunks: Iterator[dict[str, pa.Table]], advance: Callable[[int], None]
) -> Counter[str]:
    from conversionflow.ingest.history import History

    rows: Counter[str] = Counter()
    for chunk in chunks:
        for name, table in chunk.items():
            if name in rows:
                session.insert(RAW_SCHEMA, name, _query(session, table))
            else:
                session.replace(RAW_SCHEMA, name, _query(session, table))
                session.set_comment(RAW_SCHEMA, name, DEMO_MARK)
                History(session, RAW_SCHEMA, name).forget()
            rows[name] += table.num_rows
        advance(chunk["touches"].num_rows if "touches" in chunk else 0)
    return rows


def _query(session: Session, rows: pa.Table) -> str:
    session.reader.register(_ROWS, rows)
    return f"select * from {_ROWS}"  # noqa: S608


@contextmanager
def _progress(events: int) -> Iterator[Callable[[int], None]]:
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    if console.is_terminal:
        with Progress(console=console, transient=True) as bar:
            task = bar.add_task("Drawing journeys", total=events)
            yield lambda touches: bar.advance(task, touches)
        return
    yield _plain_progress(events)


def _plain_progress(events: int) -> Callable[[int], None]:
    done = reported = 0

    def advance(touches: int) -> None:
        nonlocal done, reported
        done += touches
        if done - reported >= _REPORTED_SHARE * events:
            reported = done
            click.echo(f"{done:,} of about {events:,} touches drawn", err=True)

    return advance
