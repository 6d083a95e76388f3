"""What several commands share."""

from __future__ import annotations

from pathlib import Path

import click

RAW_SCHEMA = "raw"
DEMO_MARK = "Simulated by conversionflow demo"

database_option = click.option(
    "--database",
    type=click.Path(path_type=Path),
    help="The DuckDB file. Default: the environment variable CONVERSIONFLOW_DUCKDB_PATH, else "
    "conversionflow.duckdb beside dbt_project.yml.",
)
