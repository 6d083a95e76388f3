"""`conversionflow show`: the plan of the last build as a table."""

from pathlib import Path

import click

from conversionflow.cli.shared import database_option, target_option

LOG_WIDTH = 120
SCENARIO = "fixed_budget"
TABLES = ("budget_allocation", "budget_plans", "run_manifest")


@click.command()
@target_option
@database_option
def show(target: str | None, database: Path | None) -> None:
    """Show the budget plan of the last build, and where its tables are."""
    from rich.console import Console

    from conversionflow.reporting.plan_text import plan_text
    from conversionflow.warehouse.profiles import find_target

    warehouse = find_target(target, database)
    tables = warehouse.results(TABLES)
    manifest = tables["run_manifest"].sort_values("finished_at").iloc[-1]
    console = Console()
    if not console.is_terminal:
        console.width = LOG_WIDTH
    allocation, plans = (
        tables[name][tables[name]["scenario"] == SCENARIO] for name in ("budget_allocation", "budget_plans")
    )
    console.print(plan_text(allocation, plans, manifest))
    console.print(f"All tables are in {warehouse.name}; docs/tables.md says what each holds.")
