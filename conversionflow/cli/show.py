"""`conversionflow show`: the plan of the last build as a table."""

from pathlib import Path

import click

from conversionflow.cli.shared import database_option
from conversionflow.core.errors import InputError
from conversionflow.warehouse.duckdb import connect, database_path

LOG_WIDTH = 120
TABLES = {
    "allocation": "select * from budget_allocation",
    "plans": "select * from budget_plans",
    "manifest": "select * from run_manifest order by finished_at desc limit 1",
}


@click.command()
@database_option
def show(database: Path | None) -> None:
    """Show the budget plan of the last build, and where its tables are."""
    import duckdb
    from rich.console import Console

    from conversionflow.reporting.plan_text import plan_text

    path = database_path(database)
    with connect(path, read_only=True) as connection:
        try:
            frames = {name: connection.execute(query).df() for name, query in TABLES.items()}
        except duckdb.CatalogException as error:
            raise InputError(f"{path} holds no plan yet. Make one with: dbt build") from error
    console = Console()
    if not console.is_terminal:
        console.width = LOG_WIDTH
    console.print(plan_text(frames["allocation"], frames["plans"], frames["manifest"].iloc[0]))
    console.print(f"All tables are in {path}; docs/tables.md says what each holds.")
