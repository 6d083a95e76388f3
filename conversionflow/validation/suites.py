"""The suites of expectations as they lie in files."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from conversionflow.core.errors import SettingsError

_EXPECTATION_KEYS = {"type", "kwargs", "meta"}
_META_KEYS = {"severity", "meaning", "name"}


class Severity(StrEnum):
    """What a failure means: nothing downstream can be believed, or a share worth a look."""

    CRITICAL = "critical"
    WARNING = "warning"


@dataclass(frozen=True)
class Expectation:
    """
    One expectation of a suite.

    Attributes
    ----------
    name
        Unique in the suite together with the column; Great Expectations' type unless the file gives another.
    kind
        Great Expectations' type, such as `expect_column_values_to_not_be_null`.
    arguments
        What that type takes.
    severity
        What a failure means for the build.
    meaning
        A failure in plain language.
    """

    name: str
    kind: str
    arguments: Mapping[str, Any]
    severity: Severity
    meaning: str

    @property
    def column(self) -> str | None:
        """The column or columns looked at, None for the table as a whole."""
        names = [self.arguments.get(key) for key in ("column", "column_A", "column_B")]
        names += self.arguments.get("column_list", [])
        return ", ".join(name for name in names if name) or None


@dataclass(frozen=True)
class Suite:
    """The expectations about one relation."""

    name: str
    expectations: tuple[Expectation, ...]


def load_suites(folder: Path) -> tuple[Suite, ...]:
    """
    Read every `*.json` of `folder` as a suite, in the order of the file names.

    Raises
    ------
    SettingsError
        If there is none, or a file does not have the shape `{"name", "expectations": [{"type", "kwargs",
        "meta": {"severity", "meaning"}}]}`.
    """
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise SettingsError(f"There is no suite of expectations in {folder}: it should hold *.json files.")
    suites = tuple(_suite(path) for path in paths)
    for name, count in Counter(suite.name for suite in suites).items():
        if count > 1:
            raise SettingsError(f"{folder}: {count} files hold a suite named {name}.")
    return suites


def _suite(path: Path) -> Suite:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        name, entries = content["name"], content["expectations"]
        expectations = tuple(_expectation(entry) for entry in entries)
    except (KeyError, TypeError, ValueError) as error:
        raise SettingsError(f"{path} is not a suite of expectations: {error!r}") from error
    for key, count in Counter((one.name, one.column) for one in expectations).items():
        if count > 1:
            raise SettingsError(f"{path}: {count} expectations are {key[0]} of {key[1]}; name them in meta.")
    return Suite(name, expectations)


def _expectation(entry: Mapping[str, Any]) -> Expectation:
    meta = entry["meta"]
    unknown = (set(entry) - _EXPECTATION_KEYS) | (set(meta) - _META_KEYS)
    if unknown:
        raise ValueError(f"unknown keys {sorted(unknown)}")
    return Expectation(
        name=meta.get("name", entry["type"]),
        kind=entry["type"],
        arguments=entry["kwargs"],
        severity=Severity(meta["severity"]),
        meaning=meta["meaning"],
    )
