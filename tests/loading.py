"""Load one file into a DuckDB warehouse, as tests of single files want it."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conversionflow.ingest.load import Loaded, Request, WhenTableExists, load
from conversionflow.ingest.readings import Spelling
from conversionflow.ingest.sources import Reading
from conversionflow.warehouse.duckdb_session import duckdb_session

__all__ = ["Loaded", "WhenTableExists", "documented", "load_file"]


LOADING = Path(__file__).parents[1] / "docs" / "loading.md"


def documented(number: int) -> str:
    """Return one of the YAML examples of docs/loading.md, from 0."""
    return re.findall(r"```yaml\n(.*?)```", LOADING.read_text(encoding="utf-8"), re.DOTALL)[number]


def load_file(
    table: str,
    file: Path | str,
    database: Path,
    *,
    schema: str = "raw",
    mapping: Mapping[str, str] | None = None,
    existing: WhenTableExists = WhenTableExists.REFUSE,
    key: tuple[str, ...] = (),
    again: bool = False,
    spelling: Spelling | None = None,
    **reading: Any,
) -> Loaded:
    how = Reading(mapping=mapping or {}, spelling=spelling or Spelling(), **reading)
    with duckdb_session(database) as session:
        request = Request(table, [str(file)], existing, key, schema, how, again)
        [loaded] = load(request, session)
    return loaded
