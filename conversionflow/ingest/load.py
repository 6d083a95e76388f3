"""Files and tables from elsewhere become raw tables: every value typed, or no row at all."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from enum import Enum

import duckdb

from conversionflow.core.errors import InputError
from conversionflow.ingest.contracts import CONTRACTS, NO_CONTRACT, Kind
from conversionflow.ingest.history import HISTORY, Content, History, content_of
from conversionflow.ingest.matching import table_columns
from conversionflow.ingest.reports import Report, read_report
from conversionflow.ingest.sources import Reading, Source, locations, open_source
from conversionflow.ingest.typed_rows import TypedRows
from conversionflow.ingest.upsert import upsert
from conversionflow.warehouse.duckdb import TableState, checked_identifier
from conversionflow.warehouse.session import Session

Progress = Callable[[str], AbstractContextManager[object]]


class WhenTableExists(Enum):
    """What a load does with rows that are there."""

    REFUSE = "refuse"
    REPLACE = "replace"
    APPEND = "append"
    UPSERT = "upsert"


@dataclass(frozen=True)
class Request:
    """
    What is to be loaded into which table.

    Attributes
    ----------
    table
        A table of the raw contract, whose columns are typed by it; any other name takes the source as it is,
        with the types that all of its values have.
    sources
        Files, patterns of files, or URIs.
    existing
        What to do if the table has rows.
    key
        The columns whose values say which row a row of an upsert takes the place of.
    schema
        Made if it is missing.
    reading
        How the sources are read.
    again
        Load a file even if the table has it already.
    """

    table: str
    sources: Sequence[str]
    existing: WhenTableExists = WhenTableExists.REFUSE
    key: Sequence[str] = ()
    schema: str = "raw"
    reading: Reading = field(default_factory=Reading)
    again: bool = False


@dataclass(frozen=True)
class Loaded:
    """What the load of one source wrote; `skipped`: nothing, for the table has that file already."""

    source: str
    table: str
    rows: int
    columns: dict[str, str]
    seconds: float
    updated: int = 0
    skipped: bool = False
    notes: Sequence[str] = ()


def load(request: Request, session: Session, progress: Progress = nullcontext) -> list[Loaded]:
    """
    Load sources into one table: each whole or not at all.

    Sources that make a table or replace its rows do so together, or none of them does. Of those that are
    appended or upserted, what came before a bad one stays.

    Parameters
    ----------
    request
        What, into which table, and how.
    session
        The warehouse.
    progress
        Called with each source; its context is open while that is read.

    Raises
    ------
    InputError
        If a source cannot be read, a required column is missing, a value has the wrong type (file, place,
        column and value are named), or the table has rows and `existing` does not say what to do with them.
    """
    checked_identifier(request.table, "table")
    checked_identifier(request.schema, "schema")
    if request.table == HISTORY:
        raise InputError(f"{HISTORY} is where the loads are recorded. Choose another name for the table.")
    if bool(request.key) != (request.existing is WhenTableExists.UPSERT):
        raise InputError("An upsert needs the key columns, and nothing else takes any.")
    contents = [content_of(source, request.reading) for source in locations(request.sources)]
    work = _Load(request, session, progress)
    if request.existing in (WhenTableExists.REFUSE, WhenTableExists.REPLACE):
        with session.transaction():
            return work.whole(contents)
    loaded = []
    for content in contents:
        with session.transaction():
            loaded.append(work.added(content))
    return loaded


class _Load:
    """The loads of one request."""

    def __init__(self, request: Request, session: Session, progress: Progress) -> None:
        self._request = request
        self._session = session
        self._progress = progress
        self._name = f"{request.schema}.{request.table}"
        report = request.reading.report
        self._report = read_report(report, request.table) if report else None

    def whole(self, contents: Sequence[Content]) -> list[Loaded]:
        """Make the sources the whole of the table."""
        before, history = self._state(), self._history()
        has_rows = before is not None and before.rows > 0
        files = all(content.file_hash for content in contents)
        same = files and Counter({content.key for content in contents}) == history.keys()
        if has_rows and same and not self._request.again:
            return [self._skipped(content) for content in contents]
        if before and has_rows and self._request.existing is WhenTableExists.REFUSE:
            raise InputError(
                f"{self._name} has {before.rows:,} rows already. Say what to do with them: --replace, "
                "--append or --upsert KEY."
            )
        history.forget()
        loaded: list[Loaded] = []
        for content in contents:
            if history.has(content):
                loaded.append(self._skipped(content))
            else:
                loaded.append(self._written(content, history, make=not loaded))
        return loaded

    def added(self, content: Content) -> Loaded:
        """Add one source to the table's rows."""
        before, history = self._state(), self._history()
        if before is None or not before.rows:
            history.forget()
        if history.has(content) and not self._request.again:
            return self._skipped(content)
        return self._written(content, history, make=before is None)

    def _history(self) -> History:
        return History(self._session, self._request.schema, self._request.table)

    def _state(self) -> TableState | None:
        state = self._session.state(self._request.schema, self._request.table)
        if state and state.is_view:
            raise InputError(f"{self._name} is a view: load into another table, or drop the view.")
        return state

    def _skipped(self, content: Content) -> Loaded:
        return Loaded(content.source, self._name, 0, {}, 0.0, skipped=True)

    def _written(self, content: Content, history: History, *, make: bool) -> Loaded:
        started = time.monotonic()
        request = self._request
        kept = None if make else self._session.columns(request.schema, request.table)
        with open_source(content.source, request.reading) as source, self._progress(content.source):
            typed = self._typed(source, kept)
            try:
                rows, notes = self._rows(typed)
                count, updated = self._write(typed, rows, kept)
            except duckdb.Error as error:
                raise typed.explained(error) from error
        if not count:
            raise InputError(f"{source.name} has a header but no rows. {self._name} is as it was.")
        history.add(content, request.existing.value, count)
        # they are no demo's any more
        self._session.set_comment(request.schema, request.table, None)
        seconds = time.monotonic() - started
        columns = self._session.columns(request.schema, request.table)
        return Loaded(content.source, self._name, count, columns, seconds, updated=updated, notes=notes)

    def _typed(self, source: Source, kept: Mapping[str, str] | None) -> TypedRows:
        request, reading = self._request, self._request.reading
        if self._report:
            return self._report.typed(self._session.reader, source, reading)
        contract = CONTRACTS.get(request.table, NO_CONTRACT)
        names = table_columns(source.name, request.table, source.header, contract, reading.mapping)
        kinds = {kind.value: kind for kind in Kind}
        known = {name: kinds[kind] for name, kind in (kept or {}).items() if kind in kinds}
        return TypedRows(self._session.reader, source, names, known | contract.columns, reading.spelling)

    def _rows(self, typed: TypedRows) -> tuple[str, Sequence[str]]:
        report: Report | None = self._report
        if report is None:
            return typed.sql(), ()
        return report.rows(self._session.reader, typed, self._request.reading)

    def _write(self, typed: TypedRows, rows: str, kept: Mapping[str, str] | None) -> tuple[int, int]:
        schema, table = self._request.schema, self._request.table
        if kept is not None:
            _refuse_other_columns(typed.source.name, self._name, self._session.described(rows), kept)
        if self._request.existing is WhenTableExists.UPSERT:
            return upsert(self._session, (schema, table), typed, rows, self._request.key)
        if kept is None:
            return self._session.replace(schema, table, rows), 0
        return self._session.insert(schema, table, rows), 0


def _refuse_other_columns(source: str, name: str, new: Mapping[str, str], kept: Mapping[str, str]) -> None:
    problems = [f"{column} is not in the file" for column in kept if column not in new]
    problems += [f"{column} is not in the table" for column in new if column not in kept]
    problems += [
        f"{column} is {new[column]} in the file and {kept[column]} in the table"
        for column in kept
        if column in new and new[column] != kept[column]
    ]
    if problems:
        raise InputError(
            f"{source} cannot be added to {name}: {'; '.join(problems)}. Map the columns with --map, or "
            "--replace the table. No row was loaded."
        )
