"""What several commands share."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from conversionflow.warehouse.session import Session

RAW_SCHEMA = "raw"
DEMO_MARK = "Simulated by conversionflow demo"

target_option = click.option(
    "--target", envvar="DBT_TARGET", help="The target in profiles.yml. Default: the one it names."
)
database_option = click.option(
    "--database",
    type=click.Path(path_type=Path),
    help="A DuckDB file, in place of a target. Without profiles.yml the default is that of the environment "
    "variable CONVERSIONFLOW_DUCKDB_PATH, else conversionflow.duckdb beside dbt_project.yml.",
)


@contextmanager
def libraries_stay() -> Iterator[None]:
    """Import libraries without looking for garbage among what they leave, now and while the command works.

    They make hundreds of thousands of objects that live as long as the process. Looking them through takes a
    quarter of the loading, and each time as long again.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def raw_tables(session: Session, schema: str) -> tuple[dict[str, int], dict[str, int]]:
    """Return the rows of the raw tables of the contract: of those the demo wrote, and of all others."""
    from conversionflow.ingest.contracts import CONTRACTS

    states = {name: session.state(schema, name) for name in sorted(CONTRACTS)}
    filled = {name: state for name, state in states.items() if state and state.rows}
    simulated = {name: state.rows for name, state in filled.items() if state.comment == DEMO_MARK}
    own = {name: state.rows for name, state in filled.items() if state.comment != DEMO_MARK}
    return simulated, own
