"""`conversionflow load`: a file becomes a raw table."""

from __future__ import annotations

from pathlib import Path

import click

from conversionflow.cli.shared import DEMO_MARK, RAW_SCHEMA, database_option


def _pairs(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for value in values:
        column, equals, source = value.partition("=")
        if not (column and equals and source):
            raise click.BadParameter(f"{value!r} should read COLUMN=NAME_IN_THE_FILE")
        if column in pairs:
            raise click.BadParameter(f"{column} is mapped twice")
        pairs[column] = source
    return pairs


@click.command()
@click.argument("table")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--map",
    "mapping",
    multiple=True,
    callback=_pairs,
    metavar="COLUMN=NAME",
    help="Column NAME of the file is COLUMN of the table. May be repeated.",
)
@database_option
@click.option("--schema", default=RAW_SCHEMA, show_default=True, help="The schema that the table is in.")
@click.option(
    "--replace", "existing", flag_value="replace", help="Put the file in place of the table's rows."
)
@click.option("--append", "existing", flag_value="append", help="Add the file to the table's rows.")
@click.option("--round-money", is_flag=True, help="Round amounts to the cent; without it they are refused.")
def load(
    table: str,
    file: Path,
    mapping: dict[str, str],
    database: Path | None,
    schema: str,
    existing: str | None,
    round_money: bool,
) -> None:
    r"""
    Load FILE into the raw table TABLE, all or nothing.

    FILE is CSV (plain or gzip) or Parquet. TABLE is touches, conversions, spend, sales, customer_aliases,
    path_counts or experiments, whose columns and types are checked; or a name of your own, whose columns the
    project's settings map later (touches_fields and so on).

    \b
    Times are UTC, or carry their offset. Amounts have at most two decimals.
    An empty field is a missing value. Columns that the table does not know are kept.

    \b
    conversionflow load touches clicks.csv --map touched_at=event_time --map channel=source
    conversionflow load spend spend_2026_03.parquet --append
    """
    from conversionflow.ingest.load import WhenTableExists, load_file
    from conversionflow.warehouse.duckdb import connect, database_path, marked_tables

    loaded = load_file(
        table,
        file,
        database_path(database),
        schema=schema,
        mapping=mapping,
        existing=WhenTableExists(existing or "refuse"),
        round_money=round_money,
    )
    click.echo(
        f"{loaded.rows:,} rows loaded into {loaded.table} of {loaded.database} in {loaded.seconds:.1f} s"
    )
    for name, data_type in loaded.columns.items():
        click.echo(f"  {name:<30} {data_type}")
    with connect(loaded.database, read_only=True) as connection:
        simulated = marked_tables(connection, schema, DEMO_MARK)
    if simulated:
        names = ", ".join(f"{schema}.{name}" for name in simulated)
        click.echo(f"Still simulated by the demo, not yours: {names}", err=True)
