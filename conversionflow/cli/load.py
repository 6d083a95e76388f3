"""`conversionflow load`: files and tables from elsewhere become raw tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from conversionflow.cli.shared import RAW_SCHEMA, database_option, raw_tables, target_option

if TYPE_CHECKING:
    from conversionflow.ingest.load import Loaded, Request
    from conversionflow.warehouse.profiles import Target
    from conversionflow.warehouse.session import Session


_REFRESH_SECONDS = 0.2
_WHOLE = 100.0


def _pairs(_context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for value in values:
        name, equals, source = value.partition("=")
        if not (name and equals and source):
            raise click.BadParameter(f"{value!r} should read {parameter.metavar}")
        if name in pairs:
            raise click.BadParameter(f"{name} is mapped twice")
        pairs[name] = source
    return pairs


def _reading_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say how sources are read."""
    options = (
        click.option(
            "--map", "mapping", multiple=True, callback=_pairs, metavar="COLUMN=NAME_IN_THE_FILE",
            help="Which column of the source is COLUMN of the table. May be repeated.",
        ),
        click.option("--round-money", is_flag=True, help="Round amounts to the cent, not refuse them."),
        click.option(
            "--decimal-mark", type=click.Choice([".", ","]),
            help="Numbers have this mark, and may have the other one between groups of three digits.",
        ),
        click.option("--date-format", metavar="FORMAT", help="Of dates and times, such as %d/%m/%Y."),
        click.option("--encoding", metavar="NAME", help="Of a text file, such as windows-1252."),
        click.option("--sheet", metavar="NAME", help="The sheet of an Excel workbook."),
        click.option("--range", "cells", metavar="A3:F", help="The cells of the sheet, header first."),
        click.option("--from-table", metavar="[SCHEMA.]TABLE", help="The table of a database."),
        click.option("--query", metavar="SQL", help="The rows of a Postgres database."),
        click.option(
            "--mapping", "report", metavar="NAME_OR_FILE",
            help="The source is an ad platform's report: google_ads, meta_ads, microsoft_ads or your file.",
        ),
        click.option(
            "--lookup", "lookups", multiple=True, callback=_pairs, metavar="NAME=FILE",
            help="The file that --mapping finds names in. May be repeated.",
        ),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


@click.command()
@click.argument("table", required=False)
@click.argument("sources", nargs=-1, metavar="[FILE_OR_URI]...")
@click.option(
    "--sources", "manifest", type=click.Path(path_type=Path), help="Load what this sources.yml lists."
)
@click.option("--replace", "existing", flag_value="replace", help="Put the sources in place of the rows.")
@click.option("--append", "existing", flag_value="append", help="Add the sources to the table's rows.")
@click.option(
    "--upsert", "key", metavar="COLUMN[,COLUMN]", help="Put each row in place of that with the same key."
)
@click.option("--again", is_flag=True, help="Load a file even if the table has it already.")
@_reading_options
@target_option
@database_option
@click.option("--schema", default=RAW_SCHEMA, show_default=True, help="The schema that the table is in.")
def load(
    table: str | None,
    sources: tuple[str, ...],
    manifest: Path | None,
    target: str | None,
    database: Path | None,
    **options: Any,
) -> None:
    r"""
    Load files, or a table of another database, into the raw table TABLE: each all or nothing.

    A source is CSV or JSON lines (plain or gzip), Parquet, Excel, a DuckDB file or postgresql://...; files
    may be patterns such as 'exports/*.csv'. TABLE is touches, conversions, spend, sales, customer_aliases,
    path_counts or experiments, whose columns and types are checked; or a name of your own, whose columns the
    project's settings map later (touches_fields and so on).

    \b
    Times are UTC, or carry their offset. Amounts have at most two decimals.
    An empty field is a missing value. Columns that the table does not know are kept.
    A file that the table has already changes nothing.

    \b
    conversionflow load touches clicks.csv --map touched_at=event_time --map channel=source
    conversionflow load spend 'spend_2026_*.parquet' --append
    conversionflow load spend campaigns.csv --mapping google_ads --lookup campaigns=history.csv
    conversionflow load conversions postgresql://shop.example/orders --from-table public.orders
    conversionflow load --sources sources.yml --target postgres
    """
    from conversionflow.ingest.load import load as load_all
    from conversionflow.warehouse.profiles import find_target

    requests = _requests(table, sources, manifest, options)
    warehouse = find_target(target, database)
    with warehouse.session() as session:
        for request in requests:
            for loaded in load_all(request, session, lambda source: _progress(session, source)):
                _report(loaded, warehouse)
        _say_what_is_simulated(session, options["schema"])


def _requests(
    table: str | None, sources: tuple[str, ...], manifest: Path | None, options: dict[str, Any]
) -> list[Request]:
    from conversionflow.ingest.load import Request, WhenTableExists
    from conversionflow.ingest.manifest import read_manifest
    from conversionflow.ingest.readings import Spelling
    from conversionflow.ingest.sources import Reading

    schema, again, existing = options.pop("schema"), options.pop("again"), options.pop("existing")
    key = options.pop("key")
    options["schema"] = schema
    if manifest is not None:
        if table or existing or key:
            raise click.UsageError("--sources stands alone: tables and modes are in that file.")
        return read_manifest(manifest, schema)
    if table is None or not sources:
        raise click.UsageError("Name a table and at least one file or URI, or a file with --sources.")
    if key and existing:
        raise click.UsageError(f"--upsert and --{existing} exclude each other.")
    spelling = Spelling(options["round_money"], options["decimal_mark"], options["date_format"])
    names = ("mapping", "encoding", "sheet", "cells", "from_table", "query", "report", "lookups")
    return [
        Request(
            table=table,
            sources=sources,
            existing=WhenTableExists("upsert" if key else existing or "refuse"),
            key=key.split(",") if key else (),
            schema=schema,
            reading=Reading(spelling=spelling, **{name: options[name] for name in names}),
            again=again,
        )
    ]


def _report(loaded: Loaded, warehouse: Target) -> None:
    where = f"{loaded.table} of {warehouse.name}"
    if loaded.skipped:
        click.echo(
            f"{loaded.source} is in {where} already, read the same way: nothing changed (--again loads it)"
        )
        return
    updated = f", {loaded.updated:,} of them in place of others" if loaded.updated else ""
    click.echo(f"{loaded.rows:,} rows loaded into {where} in {loaded.seconds:.1f} s{updated}")
    for name, data_type in loaded.columns.items():
        click.echo(f"  {name:<30} {data_type}")
    for note in loaded.notes:
        click.echo(note, err=True)


def _say_what_is_simulated(session: Session, schema: str) -> None:
    simulated, _ = raw_tables(session, schema)
    if simulated:
        names = ", ".join(f"{schema}.{name}" for name in simulated)
        click.echo(f"Still simulated by the demo, not yours: {names}", err=True)


@contextmanager
def _progress(session: Session, source: str) -> Iterator[None]:
    from threading import Event, Thread

    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with Progress(console=console, transient=True) as bar:
        task, done = bar.add_task(Path(source).name, total=None), Event()

        def watch() -> None:
            while not done.wait(_REFRESH_SECONDS):
                share = session.reader.query_progress()
                if share >= 0:
                    bar.update(task, total=_WHOLE, completed=share)

        watcher = Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            done.set()
            watcher.join()
