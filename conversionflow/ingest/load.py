"""A file becomes a table of the warehouse: every value typed, or no row at all."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Protocol

import duckdb

from conversionflow.core.errors import InputError
from conversionflow.ingest.contracts import CONTRACTS, NO_CONTRACT, Contract, Kind
from conversionflow.ingest.csv_file import CsvFile
from conversionflow.ingest.matching import table_columns
from conversionflow.ingest.parquet_file import ParquetFile
from conversionflow.ingest.readings import EXPECTED, inference, reading
from conversionflow.warehouse.duckdb import (
    TableState,
    checked_identifier,
    connect,
    literal,
    quoted,
    set_comment,
    table_state,
    transaction,
)

CSV_SUFFIXES = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
PARQUET_SUFFIXES = (".parquet", ".pq")
_UNREADABLE = "conversionflow: a value cannot be read"
_SHOWN_CHARACTERS = 80
_ROW = quoted("row number")


class WhenTableExists(Enum):
    """What a load does with rows that are there."""

    REFUSE = "refuse"
    REPLACE = "replace"
    APPEND = "append"


@dataclass(frozen=True)
class Loaded:
    """What a load wrote."""

    table: str
    rows: int
    columns: dict[str, str]
    database: Path
    seconds: float


class SourceFile(Protocol):
    """What the two file formats have in common."""

    path: Path
    typed: bool
    header: tuple[str, ...]

    def relation(self, names: Sequence[str], native: Collection[str]) -> str:
        """Return SQL for the file's rows in order."""

    def place(self, row: int) -> str:
        """Return the place of data row `row` (from 0) in words."""

    def explain(self, message: str) -> InputError:
        """Return what is wrong with the file's structure."""


def load_file(
    table: str,
    path: Path,
    database: Path,
    *,
    schema: str = "raw",
    mapping: Mapping[str, str] | None = None,
    existing: WhenTableExists = WhenTableExists.REFUSE,
    round_money: bool = False,
) -> Loaded:
    """
    Load a CSV or Parquet file into `schema.table`, whole or not at all.

    Parameters
    ----------
    table
        A table of the raw contract, whose columns are typed by it; any other name takes the file as it is,
        with the types that all of its values have.
    path
        `.csv`, `.tsv` (either also `.gz`), `.parquet` or `.pq`. An empty CSV field, quoted or not, is null.
    database
        The DuckDB file.
    schema
        Made if it is missing.
    mapping
        The file's column by the table's column.
    existing
        What to do if the table has rows.
    round_money
        Round amounts to the cent; without it more than two decimals are refused.

    Raises
    ------
    InputError
        If the file cannot be read, a required column is missing, a value has the wrong type (file, line,
        column and value are named), or the table has rows and `existing` does not say what to do with them.
    """
    started = time.monotonic()
    checked_identifier(table, "table")
    checked_identifier(schema, "schema")
    source = open_source(path)
    contract = CONTRACTS.get(table, NO_CONTRACT)
    names = table_columns(path, table, source.header, contract, mapping or {})
    with connect(database) as connection, transaction(connection):
        before = table_state(connection, schema, table)
        _refuse_existing(before, f"{schema}.{table}", existing)
        kept = before.columns if before and existing is WhenTableExists.APPEND else None
        load = _Load(connection, source, names, round_money)
        try:
            load.decide_kinds(contract, kept)
            _write(load, schema, table, kept)
        except duckdb.Error as error:
            raise load.explained(error) from error
        after = table_state(connection, schema, table)
        rows = (after.rows if after else 0) - (before.rows if before and kept else 0)
        if not rows:
            raise InputError(f"{path} has a header but no rows. {schema}.{table} is as it was.")
        columns = after.columns if after else {}
    return Loaded(f"{schema}.{table}", rows, columns, database, time.monotonic() - started)


def open_source(path: Path) -> SourceFile:
    """Return the file under the reader its name asks for."""
    if not path.exists():
        raise InputError(f"There is no file {path}.")
    if not path.is_file():
        raise InputError(f"{path} is not a file. Load one file at a time.")
    if not path.stat().st_size:
        raise InputError(f"{path} is empty: there is not even a header line.")
    name = path.name.lower()
    if name.endswith(PARQUET_SUFFIXES):
        return ParquetFile(path)
    if name.endswith(CSV_SUFFIXES):
        return CsvFile(path)
    known = ", ".join((*CSV_SUFFIXES, *PARQUET_SUFFIXES))
    raise InputError(f"{path}: what kind of file is this? The name should end in one of {known}.")


def _refuse_existing(before: TableState | None, name: str, existing: WhenTableExists) -> None:
    if before is None:
        if existing is WhenTableExists.APPEND:
            raise InputError(f"There is no table {name} to append to. Load it without --append.")
        return
    if before.is_view:
        raise InputError(f"{name} is a view: load into another table, or drop the view.")
    if before.rows and existing is WhenTableExists.REFUSE:
        raise InputError(
            f"{name} has {before.rows:,} rows already. Say what to do with them: --replace or --append."
        )


class _Load:
    """One file on its way into one table."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        source: SourceFile,
        names: Sequence[str],
        round_money: bool,
    ) -> None:
        self.connection = connection
        self.source = source
        self.names = names
        self.round_money = round_money
        self.kinds: dict[str, Kind] = {}
        connection.execute("set TimeZone = 'UTC'")

    def decide_kinds(self, contract: Contract, kept: Mapping[str, str] | None) -> None:
        """Find each column's kind: the contract's, else the kept table's, else what all its values are."""
        kinds = {kind.value: kind for kind in Kind}
        known = contract.columns
        if kept is not None:
            known = {name: kinds[data_type] for name, data_type in kept.items() if data_type in kinds} | known
        self.kinds = {name: known[name] for name in self.names if name in known}
        unknown = [name for name in self.names if name not in known]
        if unknown and not self.source.typed:
            columns = inference([quoted(name) for name in unknown])
            found = self._one_row(f"select {columns} from {self.relation}")  # noqa: S608
            self.kinds |= {name: Kind[str(kind)] for name, kind in zip(unknown, found, strict=True)}

    @property
    def relation(self) -> str:
        """SQL for the file's rows, as texts where a kind is known and as they are elsewhere."""
        columns = ", ".join(self._trimmed(name) for name in self.names)
        source = self.source.relation(self.names, set(self.names) - set(self.kinds))
        return f"(select {columns} from {source})"  # noqa: S608

    @property
    def typed_rows(self) -> str:
        """SQL for the file's rows with the table's types; a value that cannot be read raises."""
        columns = ", ".join(f"{self._typed(name)} as {quoted(name)}" for name in self.names)
        return f"select {columns} from {self.relation}"  # noqa: S608

    def explained(self, error: duckdb.Error) -> InputError:
        """Return what the user should know about a load that DuckDB stopped."""
        if _UNREADABLE not in str(error):
            return self.source.explain(str(error))
        try:
            return self._first_unreadable()
        except duckdb.Error as structural:
            return self.source.explain(str(structural))

    def _trimmed(self, name: str) -> str:
        # Spaces around a number or a date carry nothing; within a text they are the user's.
        if self.kinds.get(name, Kind.TEXT) is Kind.TEXT:
            return quoted(name)
        return f"nullif(trim({quoted(name)}), '') as {quoted(name)}"

    def _typed(self, name: str) -> str:
        if name not in self.kinds:
            return quoted(name)
        value, text = self._reading(name), quoted(name)
        return f"coalesce({value}, case when {text} is not null then error({literal(_UNREADABLE)}) end)"

    def _reading(self, name: str) -> str:
        return reading(self.kinds[name], quoted(name), round_money=self.round_money)

    def _first_unreadable(self) -> InputError:
        aggregates = ", ".join(_faults_of(name) for name in self.kinds)
        checks = ", ".join(f"{self._unreadable(name)} as {_fault(name)}" for name in self.kinds)
        checked = f"(select *, row_number() over () - 1 as {_ROW}, {checks} from {self.relation})"  # noqa: S608
        found = iter(self._one_row(f"select {aggregates} from {checked}"))  # noqa: S608
        faults = [
            (row, name, value, count)
            for name, row, value, count in zip(self.kinds, found, found, found, strict=False)
            if row is not None
        ]
        row, name, value, _ = min(faults)
        shown = value if len(value) <= _SHOWN_CHARACTERS else f"{value[:_SHOWN_CHARACTERS]}..."
        more = sum(fault[3] for fault in faults) - 1
        also = f" {more:,} more of the file's values cannot be read either." if more else ""
        return InputError(
            f"{self.source.path}, {self.source.place(row)}, column {name}: cannot read {shown!r}. Expected "
            f"{EXPECTED[self.kinds[name]]}.{also} No row was loaded."
        )

    def _unreadable(self, name: str) -> str:
        return f"{quoted(name)} is not null and {self._reading(name)} is null"

    def _one_row(self, query: str) -> tuple[Any, ...]:
        # A cursor of its own: after a failed statement the connection's transaction takes no other.
        with self.connection.cursor() as cursor:
            return cursor.execute(query).fetchone() or ()


def _fault(name: str) -> str:
    # Not an identifier, so no column of a file can have this name.
    return quoted(f"fault of {name}")


def _faults_of(name: str) -> str:
    where = f"filter (where {_fault(name)})"
    return f"min({_ROW}) {where}, arg_min({quoted(name)}, {_ROW}) {where}, count(*) {where}"


def _write(load: _Load, schema: str, table: str, kept: Mapping[str, str] | None) -> None:
    name = quoted(schema, table)
    if kept is None:
        load.connection.execute(f"create schema if not exists {quoted(schema)}")
        load.connection.execute(f"create or replace table {name} as {load.typed_rows}")
        return
    described = load.connection.execute(f"describe {load.typed_rows}").fetchall()
    _refuse_other_columns(load.source.path, f"{schema}.{table}", {row[0]: row[1] for row in described}, kept)
    load.connection.execute(f"insert into {name} by name {load.typed_rows}")
    set_comment(load.connection, schema, table, None)


def _refuse_other_columns(path: Path, name: str, new: Mapping[str, str], kept: Mapping[str, str]) -> None:
    problems = [f"{column} is not in the file" for column in kept if column not in new]
    problems += [f"{column} is not in the table" for column in new if column not in kept]
    problems += [
        f"{column} is {new[column]} in the file and {kept[column]} in the table"
        for column in kept
        if column in new and new[column] != kept[column]
    ]
    if problems:
        raise InputError(
            f"{path} cannot be appended to {name}: {'; '.join(problems)}. Map the columns with --map, or "
            "--replace the table. No row was loaded."
        )
