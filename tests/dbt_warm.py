"""What the fork server does once for all dbt commands: import what models need, and parse the project."""

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

import great_expectations  # noqa: F401
from dbt.cli.main import cli

from conversionflow import estimation, optimization, pipeline  # noqa: F401
from dbt.adapters import duckdb, postgrespython  # noqa: F401

PROJECT = Path(__file__).parents[1]
#: A target folder: the project as parsed for a DuckDB file of this name in the current folder.
PARSED = Path(tempfile.mkdtemp(prefix="parsed_"))
DATABASE = "warehouse.duckdb"


def _parse() -> None:
    os.environ.update(
        CONVERSIONFLOW_DUCKDB_PATH=DATABASE,
        DBT_PROJECT_DIR=str(PROJECT),
        DBT_PROFILES_DIR=str(PROJECT),
        DBT_TARGET_PATH=str(PARSED),
        DBT_LOG_PATH=str(PARSED),
    )
    # the static parser works in threads, which a fork does not have
    sys.argv = ["dbt", "--quiet", "parse", "--target", "duckdb", "--no-static-parser"]
    try:
        cli()
    except SystemExit:
        # what is wrong is said by each command, which then parses for itself
        return


_parse()
atexit.register(shutil.rmtree, PARSED)
