"""
Loading beside bare copies, and Postgres beside plain COPY, on a server that is made for it with its defaults.

Run with `python -m benchmarks.warehouse [--rows N ...] [--rounds N] [--frame N] [--events N]`; 0 leaves a
part out. The server is of the extra `dev`.
"""

import tempfile
from contextlib import closing
from pathlib import Path

import click
import psycopg2

from benchmarks.postgres import server
from benchmarks.warehouse.loading import HEADER, measure
from benchmarks.warehouse.postgres import build_shares, write_ratio


@click.command()
@click.option("--rows", multiple=True, default=[1_000_000, 10_000_000], show_default=True, help="Of a file.")
@click.option("--rounds", default=3, show_default=True, help="Loads of each; their median is shown.")
@click.option("--frame", default=1_000_000, show_default=True, help="Rows that a Python model writes.")
@click.option("--events", default=1_000_000, show_default=True, help="Of the whole build.")
def main(rows: tuple[int, ...], rounds: int, frame: int, events: int) -> None:
    """Measure each part in turn; peak memory is that of a load into DuckDB."""
    with tempfile.TemporaryDirectory() as name, server(Path(name)) as settings:
        folder = Path(name)
        if frame:
            with closing(psycopg2.connect(**settings)) as connection:
                click.echo(write_ratio(connection, folder, frame))
        for place, number in enumerate(filter(None, rows)):
            if not place:
                click.echo(HEADER)
            click.echo(measure(number, rounds, folder, settings))
        if events:
            with (
                closing(psycopg2.connect(**settings)) as connection,
                connection,
                connection.cursor() as cursor,
            ):
                cursor.execute("drop schema if exists raw cascade; drop schema if exists bare cascade")
            for share in build_shares(settings, folder, events):
                click.echo(share)


if __name__ == "__main__":
    main()
