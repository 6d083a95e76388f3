"""The expectations' dbt models: suites of files, run on relations inside the warehouse."""

from pathlib import Path
from typing import Any

import pyarrow as pa

from conversionflow.core.errors import SettingsError
from conversionflow.pipeline.records import schema, to_table
from conversionflow.validation import load_suites, run_suites
from conversionflow.warehouse.relations import as_relation

RESULTS = schema(
    text="suite expectation column severity observed",
    flag="success",
    count="unexpected_count",
    number="unexpected_share",
)
FOLDERS = ("expectations", "dbt_packages/conversionflow/expectations")


def validate(session: Any, **relations: Any) -> pa.Table:
    """Run the suite of each keyword's name against the relation given under it.

    Raises
    ------
    SettingsError
        Where the project has no suite of that name.
    """
    suites = {suite.name: suite for suite in load_suites(suite_folder(Path.cwd()))}
    if unknown := relations.keys() - suites.keys():
        raise SettingsError(f"expectations/ holds no suite named {', '.join(sorted(unknown))}.")
    wanted = {as_relation(relation).name: suites[name] for name, relation in relations.items()}
    return to_table(run_suites(session, wanted), RESULTS)


def validate_raw(session: Any, raw_path_counts: Any, **relations: Any) -> pa.Table:
    """Run the raw tables' suites: that of path counts where they are read, which is in place of events."""
    if not as_relation(raw_path_counts).is_empty():
        events = ("raw_touches", "raw_conversions")
        relations = {name: relation for name, relation in relations.items() if name not in events}
        relations["raw_path_counts"] = raw_path_counts
    return validate(session, **relations)


def suite_folder(project: Path) -> Path:
    """Return the project's own suites, or else those of the installed dbt package."""
    for folder in FOLDERS:
        if (project / folder).is_dir():
            return project / folder
    raise SettingsError(
        f"There is no folder of expectation suites in {project}: looked for {', '.join(FOLDERS)}."
    )
