"""What can be loaded: files by their names, and databases."""

from __future__ import annotations

import glob
import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import duckdb

from conversionflow.core.errors import InputError
from conversionflow.ingest.csv_file import CsvFile
from conversionflow.ingest.duckdb_table import DuckDBTable
from conversionflow.ingest.excel_sheet import ExcelSheet
from conversionflow.ingest.json_lines import JsonLines
from conversionflow.ingest.parquet_file import ParquetFile
from conversionflow.ingest.postgres_rows import SCHEMES, PostgresRows
from conversionflow.ingest.readings import Spelling
from conversionflow.ingest.text_file import TextFile, checked_encoding

_CSV = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
_JSON = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")
_PARQUET = (".parquet", ".pq")
_EXCEL = (".xlsx", ".xlsm")
_DUCKDB = (".duckdb", ".db")
_OPTIONS = {
    "encoding": (*_CSV, *_JSON),
    "sheet": _EXCEL,
    "cells": _EXCEL,
    "from_table": _DUCKDB,
    "query": (),
}


@dataclass(frozen=True)
class Reading:
    """
    How a source is read; what concerns another kind of source is refused.

    Attributes
    ----------
    mapping
        The source's column by the table's: `{"touched_at": "event_time"}`.
    spelling
        How values are written.
    encoding
        Of a text file; None: UTF-8, or UTF-16 with its mark.
    sheet, cells
        Of an Excel workbook: the sheet's name, and a range such as `A3:F`.
    from_table, query
        Of a database: a table, or for Postgres a query.
    report
        The mapping of an ad platform's report: its name, or a file.
    lookups
        Files of names by id that the report's mapping asks for.
    """

    mapping: Mapping[str, str] = field(default_factory=dict)
    spelling: Spelling = field(default_factory=Spelling)
    encoding: str | None = None
    sheet: str | None = None
    cells: str | None = None
    from_table: str | None = None
    query: str | None = None
    report: str | None = None
    lookups: Mapping[str, str] = field(default_factory=dict)


class Source(Protocol):
    """What is to be loaded, as every kind of it can be asked."""

    name: str
    typed: bool
    header: tuple[str, ...]

    def relation(
        self, connection: duckdb.DuckDBPyConnection, names: Sequence[str], native: Collection[str]
    ) -> str:
        """Return SQL for the rows in order, to be read once: under `names`, as texts unless in `native`."""

    def place(self, row: int) -> str:
        """Return the place of data row `row` (from 0) in words."""

    def explain(self, message: str) -> InputError:
        """Return what is wrong with the source's structure, after DuckDB refused it with `message`."""


def locations(patterns: Sequence[str]) -> list[str]:
    """
    Return the files and URIs that `patterns` stand for: each as it is, or what a glob finds, by name.

    Raises
    ------
    InputError
        If a glob finds nothing.
    """
    found: list[str] = []
    for pattern in patterns:
        if is_uri(pattern) or Path(pattern).exists() or not glob.has_magic(pattern):
            found.append(pattern)
            continue
        files = sorted(glob.glob(str(Path(pattern).expanduser()), recursive=True))
        if not files:
            raise InputError(f"No file fits {pattern}.")
        found += files
    return list(dict.fromkeys(found))


def is_uri(location: str) -> bool:
    """Whether `location` is a database's URI, not a file."""
    return location.startswith(SCHEMES)


def file_hash(location: str) -> str | None:
    """Return the SHA-256 of a file's bytes, or None where `location` is no file."""
    if is_uri(location):
        return None
    with _checked_file(location).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def open_source(location: str, reading: Reading) -> Iterator[Source]:
    """
    Open what lies at `location` with the reader that its name asks for.

    Raises
    ------
    InputError
        If it is not there, not readable, or `reading` says what does not concern it.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="conversionflow_")))
        yield _opened(location, reading, folder, stack)


def _opened(location: str, reading: Reading, folder: Path, stack: ExitStack) -> Source:
    if is_uri(location):
        _refuse_options(location, reading, ("from_table", "query"))
        return PostgresRows(location, reading.from_table, reading.query, folder)
    path = _checked_file(location)
    name = path.name.lower()
    _refuse_options(location, reading, [key for key, kinds in _OPTIONS.items() if name.endswith(kinds)])
    if name.endswith(_PARQUET):
        return ParquetFile(path)
    if name.endswith((*_CSV, *_JSON)):
        text = TextFile(path, checked_encoding(reading.encoding) if reading.encoding else None, folder)
        return CsvFile(text) if name.endswith(_CSV) else JsonLines(text)
    if name.endswith(_EXCEL):
        return ExcelSheet(path, reading.sheet, reading.cells)
    if name.endswith(_DUCKDB):
        return DuckDBTable(path, reading.from_table, stack)
    known = ", ".join((*_CSV, *_JSON, *_PARQUET, *_EXCEL, *_DUCKDB))
    raise InputError(f"{path}: what kind of file is this? The name should end in one of {known}.")


def _checked_file(location: str) -> Path:
    path = Path(location).expanduser()
    if not path.exists():
        raise InputError(f"There is no file {path}.")
    if not path.is_file():
        raise InputError(f"{path} is not a file. Name its files, or a pattern such as '{path}/*.csv'.")
    if not path.stat().st_size:
        raise InputError(f"{path} is empty: there is not even a header line.")
    return path


def _refuse_options(location: str, reading: Reading, known: Collection[str]) -> None:
    for option in _OPTIONS:
        if getattr(reading, option) is not None and option not in known:
            spelled = "range" if option == "cells" else option.replace("_", "-")
            raise InputError(f"{location}: --{spelled} does not concern this kind of source. Leave it out.")
