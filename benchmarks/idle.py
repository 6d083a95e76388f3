"""What dbt itself takes: a project of models that do nothing."""

from pathlib import Path
from typing import Any

from benchmarks.commands import results, run

PROJECT = """
name: idle
version: 1.0.0
profile: idle
"""
PROFILE = """
idle:
  target: duckdb
  outputs:
    duckdb: {type: duckdb, path: "{{ env_var('CONVERSIONFLOW_DUCKDB_PATH') }}", threads: 2}
"""


def idle_run(folder: Path, models: int) -> list[dict[str, Any]]:
    """Run so many models of one number, half of them views, two at a time, on DuckDB; return the results."""
    (folder / "models").mkdir(parents=True)
    (folder / "dbt_project.yml").write_text(PROJECT)
    (folder / "profiles.yml").write_text(PROFILE)
    for number in range(models):
        before = f"-- {{{{ ref('model_{number - 2}') }}}}\n" if number > 1 else ""
        kind = "table" if number % 2 else "view"
        (folder / "models" / f"model_{number}.sql").write_text(
            f"{{{{ config(materialized='{kind}') }}}}\n{before}select 1 as one\n"
        )
    # the second finds them there, as a batch does
    for _ in range(2):
        run(folder, "dbt", "run", "--project-dir", str(folder), "--profiles-dir", str(folder))
    return results(folder)
