"""Where suites of expectations come from: the project that runs, and this package in it."""

import json
from pathlib import Path

import pytest

from conversionflow.core.errors import SettingsError
from conversionflow.pipeline import validation


def project(folder: Path, **meanings: str) -> Path:
    """A dbt project with a suite, of one expectation with that meaning, for each keyword."""
    (folder / "expectations").mkdir(parents=True)
    for name, meaning in meanings.items():
        expectation = {
            "type": "expect_table_row_count_to_be_between",
            "kwargs": {"min_value": 1},
            "meta": {"severity": "critical", "meaning": meaning},
        }
        suite = {"name": name, "expectations": [expectation]}
        (folder / "expectations" / f"{name}.json").write_text(json.dumps(suite))
    return folder


def test_a_projects_suite_takes_the_place_of_the_packages_of_the_same_name_only(tmp_path):
    own = project(tmp_path / "own", raw_spend="own")
    package = project(tmp_path / "package", raw_spend="package", raw_sales="package")
    (tmp_path / "bare").mkdir()
    for projects in ((own, package), (own, tmp_path / "bare", package)):
        suites = validation.suites_of(projects)
        assert {name: suite.expectations[0].meaning for name, suite in suites.items()} == {
            "raw_spend": "own",
            "raw_sales": "package",
        }


def test_a_suite_that_is_nowhere_is_named_with_the_folders_looked_in(tmp_path, monkeypatch):
    folders = (project(tmp_path / "own", raw_spend="own"), tmp_path / "package")
    monkeypatch.setattr(validation, "project_folders", lambda _: folders)
    with pytest.raises(SettingsError) as error:
        validation.validate(None, raw_spend=None, raw_sales=None)
    assert str(error.value) == (
        f"There is no suite named raw_sales in {folders[0]}/expectations, {folders[1]}/expectations."
    )
