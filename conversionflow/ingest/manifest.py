"""`sources.yml`: which files become which tables, many at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from conversionflow.core.errors import InputError
from conversionflow.core.yaml_file import checked_keys, read_yaml
from conversionflow.ingest.load import Request, WhenTableExists
from conversionflow.ingest.readings import Spelling
from conversionflow.ingest.reports import shipped_reports
from conversionflow.ingest.sources import Reading, is_uri

_TEXTS = (
    "encoding",
    "sheet",
    "range",
    "from_table",
    "query",
    "mapping",
    "date_format",
    "decimal_mark",
    "schema",
)
_OPTIONAL = ("mode", "key", "map", "lookup", "round_money", *_TEXTS)


def read_manifest(path: Path, schema: str) -> list[Request]:
    """
    Return what a `sources.yml` asks for, in its order.

    Parameters
    ----------
    path
        The file. What it names is looked for from its own folder.
    schema
        Of tables for which it names none.

    Raises
    ------
    InputError
        If it is not written as it should be.
    """
    if not path.is_file():
        raise InputError(f"There is no file {path}.")
    content = checked_keys(str(path), read_yaml(str(path), path.read_text(encoding="utf-8")), ("sources",))
    entries = content["sources"]
    if not isinstance(entries, list) or not entries:
        raise InputError(f"{path}: sources should be a list, each with a table and its files.")
    return [_request(f"{path}, source {i}", path.parent, entry, schema) for i, entry in enumerate(entries, 1)]


def _request(place: str, folder: Path, entry: Any, schema: str) -> Request:
    entry = checked_keys(place, entry, ("table", "from"), _OPTIONAL)
    for name in (*_TEXTS, "table"):
        if not isinstance(entry.get(name, ""), str):
            raise InputError(f"{place}: {name} should be a text, not {entry[name]!r}.")
    sources = [entry["from"]] if isinstance(entry["from"], str) else entry["from"]
    key = [entry["key"]] if isinstance(entry.get("key"), str) else entry.get("key", [])
    modes = [mode.value for mode in WhenTableExists]
    if entry.get("mode", "refuse") not in modes:
        raise InputError(f"{place}: the mode should be one of {', '.join(modes)}, not {entry['mode']!r}.")

    def located(name: str) -> str:
        return name if is_uri(name) else str(folder / Path(name).expanduser())

    return Request(
        table=entry["table"],
        sources=[located(source) for source in _texts(place, "from", sources)],
        existing=WhenTableExists(entry.get("mode", "refuse")),
        key=_texts(place, "key", key),
        schema=entry.get("schema", schema),
        reading=_reading(place, entry, located),
    )


def _reading(place: str, entry: Mapping[str, Any], located: Callable[[str], str]) -> Reading:
    report = entry.get("mapping")
    mark = entry.get("decimal_mark")
    if mark not in (None, ".", ","):
        raise InputError(f"{place}: decimal_mark should be '.' or ',', not {mark!r}.")
    return Reading(
        mapping=_pairs(place, "map", entry),
        spelling=Spelling(
            round_money=bool(entry.get("round_money", False)),
            decimal_mark=mark,
            date_format=entry.get("date_format"),
        ),
        encoding=entry.get("encoding"),
        sheet=entry.get("sheet"),
        cells=entry.get("range"),
        from_table=entry.get("from_table"),
        query=entry.get("query"),
        report=located(report) if report and report not in shipped_reports() else report,
        lookups={name: located(file) for name, file in _pairs(place, "lookup", entry).items()},
    )


def _texts(place: str, key: str, values: Any) -> Sequence[str]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise InputError(f"{place}: {key} should be a text or a list of texts, not {values!r}.")
    return values


def _pairs(place: str, key: str, entry: Mapping[str, Any]) -> dict[str, str]:
    pairs = entry.get(key, {})
    if not isinstance(pairs, dict) or not all(isinstance(p, str) for p in (*pairs, *pairs.values())):
        raise InputError(f"{place}: {key} should have names and texts, not {pairs!r}.")
    return pairs
