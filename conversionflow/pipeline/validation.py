"""The expectations' dbt models: suites of files, run on relations inside the warehouse."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa

from conversionflow.core.errors import SettingsError
from conversionflow.pipeline.records import schema, to_table
from conversionflow.validation import Suite, load_suites, run_suites
from conversionflow.warehouse.projects import project_folders
from conversionflow.warehouse.relations import as_relation

RESULTS = schema(
    text="suite expectation column severity observed",
    flag="success",
    count="unexpected_count",
    number="unexpected_share",
)
FOLDER = "expectations"


def validate(session: Any, **relations: Any) -> pa.Table:
    """Run the suite of each keyword's name against the relation given under it.

    Raises
    ------
    SettingsError
        Where neither the project nor this package in it has a suite of that name.
    """
    projects = project_folders("conversionflow")
    suites = suites_of(projects)
    if unknown := relations.keys() - suites.keys():
        looked_in = ", ".join(str(project / FOLDER) for project in projects)
        raise SettingsError(f"There is no suite named {', '.join(sorted(unknown))} in {looked_in}.")
    wanted = {as_relation(relation).name: suites[name] for name, relation in relations.items()}
    return to_table(run_suites(session, wanted), RESULTS)


def validate_raw(session: Any, raw_path_counts: Any, **relations: Any) -> pa.Table:
    """Run the raw tables' suites: that of path counts where they are read, which is in place of events."""
    if not as_relation(raw_path_counts).is_empty():
        events = ("raw_touches", "raw_conversions")
        relations = {name: relation for name, relation in relations.items() if name not in events}
        relations["raw_path_counts"] = raw_path_counts
    return validate(session, **relations)


def suites_of(projects: Iterable[Path]) -> dict[str, Suite]:
    """Return the suites of dbt projects by name; of those with one name, that of the first project."""
    suites: dict[str, Suite] = {}
    for project in projects:
        folder = project / FOLDER
        found = load_suites(folder) if folder.is_dir() else ()
        suites = {suite.name: suite for suite in found} | suites
    return suites
