"""`conversionflow optimize`: a question about the budget, answered from the last build's draws."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from conversionflow.cli.shared import database_option, libraries_stay

if TYPE_CHECKING:
    import pandas as pd

    from conversionflow.optimization.genetic import SearchState
    from conversionflow.pipeline.plan_solver import Question
    from conversionflow.pipeline.what_if import LastBuild

LOG_WIDTH = 140
FIXED, WHAT_IF = "fixed_budget", "what_if"
TARGETS = ("conversions", "roas", "cpa", "mroas")


@click.command()
@click.option(
    "--scenario",
    type=click.Choice([FIXED, *(f"target_{name}" for name in TARGETS), WHAT_IF]),
    help="What is asked: the best use of a budget, the budget of a target, or what --plan brings. "
    f"Default: {FIXED}, or {WHAT_IF} with --plan.",
)
@click.option("--total", type=click.FloatRange(min=0.01), help="Budget per period. Default: today's.")
@click.option(
    "--target",
    "amount",
    type=click.FloatRange(min=0, min_open=True),
    help="What target_conversions (the least budget), target_roas, target_cpa or target_mroas (the largest "
    "budget) is to meet.",
)
@click.option(
    "--plan",
    "plan_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CSV with market, touchpoint, spend: judge this plan. What it does not name stays as today.",
)
@click.option(
    "--rule",
    "rules",
    multiple=True,
    metavar="TEXT",
    help="One more rule, such as 'maximum Italy/video 300' or 'minimum group:brand 0.2 share'. Repeatable.",
)
@click.option(
    "--limits",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CSV with the columns of the seed touchpoint_limits, in its place.",
)
@click.option(
    "--generations",
    type=click.IntRange(min=1),
    help="Generations of the search. Default: the setting optimizer_scenario_generations.",
)
@click.option("--save", "name", metavar="NAME", help="Keep the answer in the warehouse as a scenario.")
@click.option(
    "--target-name", envvar="DBT_TARGET", help="The target in profiles.yml. Default: the one it names."
)
@database_option
def optimize(
    scenario: str | None,
    total: float | None,
    amount: float | None,
    plan_file: Path | None,
    rules: tuple[str, ...],
    limits: Path | None,
    generations: int | None,
    name: str | None,
    target_name: str | None,
    database: Path | None,
) -> None:
    """
    Answer a question about the budget from the last build's draws; nothing is fitted again.

    The answer is the best plan within bounds and rules, with its intervals and cautions. --save keeps it in
    the tables budget_plans and budget_allocation, also of later builds, with the run of the fit it is from.
    """
    from concurrent.futures import ThreadPoolExecutor

    from conversionflow.warehouse.last_build import last_tables
    from conversionflow.warehouse.profiles import find_target

    warehouse = find_target(target_name, database)
    with ThreadPoolExecutor(max_workers=1) as beside, libraries_stay():
        tables_of_build = beside.submit(last_tables, warehouse)
        # what follows takes longer to load than the warehouse to answer
        from dataclasses import replace

        from rich.console import Console

        from conversionflow.pipeline.plan_solver import shorter_search
        from conversionflow.pipeline.rule_text import rule_rows
        from conversionflow.pipeline.what_if import LastBuild, scenario_tables
        from conversionflow.reporting.scenario_text import scenario_text
        from conversionflow.warehouse.duckdb import project_folder
        from conversionflow.warehouse.saved_scenarios import checked_name, save_scenario

    build = LastBuild.of(tables_of_build.result())
    label = checked_name(name, build.built) if name is not None else None
    settings = build.solver.inputs.settings
    question = _question(build, scenario, total, amount, plan_file)
    solver = build.with_rules(_limits(limits), rule_rows(rules, build.solver.inputs.response.keys))
    search = shorter_search(settings)
    if generations is not None:
        search = replace(search, generations=generations)
    with _progress(search.generations) as observer:
        solved = solver.solve(
            question, search, observer=observer, checkpoint=build.checkpoint(project_folder())
        )
    tables = scenario_tables(build, solver, solved, label or question.scenario)
    console = Console()
    if not console.is_terminal:
        console.width = LOG_WIDTH
    plan = tables["budget_plans"].iloc[0]
    console.print(scenario_text(tables["budget_allocation"], plan, settings.credible_mass))
    if label is not None:
        with warehouse.session() as session:
            save_scenario(session, label, warehouse.schema, build.saved_schema, tables)
        console.print(f"Saved as scenario {label} in budget_plans and budget_allocation of {warehouse.name}.")


def _question(
    build: LastBuild,
    scenario: str | None,
    total: float | None,
    amount: float | None,
    plan_file: Path | None,
) -> Question:
    """Put the question together, and refuse options that do not go with each other."""
    from conversionflow.optimization.scenarios import Target
    from conversionflow.pipeline.plan_solver import Question

    kind = scenario or (WHAT_IF if plan_file is not None else FIXED)
    figure = kind.removeprefix("target_")
    if (kind == WHAT_IF) != (plan_file is not None):
        raise click.UsageError(f"--plan goes with --scenario {WHAT_IF}, and needs no other.")
    if (figure in TARGETS) != (amount is not None):
        raise click.UsageError("--target goes with a scenario target_..., which needs it.")
    if total is not None and kind != FIXED:
        raise click.UsageError(f"--total goes with --scenario {FIXED}: {kind} has a total of its own.")
    if kind == FIXED:
        settings = build.solver.inputs.settings
        return Question(kind, settings.total_budget if total is None else total)
    if plan_file is not None:
        return Question(kind, given=_given(build, plan_file))
    return Question(kind, target=Target(figure, amount or 0.0))


def _given(build: LastBuild, file: Path) -> dict[tuple[str, str], float]:
    from conversionflow.pipeline.what_if import given_plan

    return given_plan(_csv(file), build.solver.inputs.response.keys)


def _limits(file: Path | None) -> pd.DataFrame | None:
    return None if file is None else _csv(file)


def _csv(file: Path) -> pd.DataFrame:
    """Read a CSV file as text, empty cells as ''."""
    import pandas as pd

    from conversionflow.core.errors import InputError

    try:
        return pd.read_csv(file, dtype=str, keep_default_na=False)
    except (ValueError, UnicodeDecodeError) as error:
        raise InputError(f"{file} cannot be read as CSV: {error}") from error


@contextmanager
def _progress(generations: int) -> Iterator[Callable[[SearchState], None]]:
    """Show a bar on a terminal; a search is too short for lines in a log."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Searching", total=generations)
        yield lambda state: bar.update(task, completed=state.generation)
