"""A source's rows with the types of a table: every value read as a whole, or its place named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb

from conversionflow.core.errors import InputError
from conversionflow.ingest.contracts import Kind
from conversionflow.ingest.readings import EXPECTED, INFERRED, Spelling, inference, reading
from conversionflow.ingest.sources import Source
from conversionflow.warehouse.duckdb import literal, quoted

_UNREADABLE = "conversionflow: a value cannot be read"
_SHOWN_CHARACTERS = 80
_PLACES = 2
_SAMPLE_ROWS = 1_000
_ROW = quoted("row number")


class TypedRows:
    """
    The rows of one source, on their way into one table.

    Parameters
    ----------
    connection
        Where DuckDB reads them.
    source
        Where they come from.
    names
        The table's name of each of the source's columns.
    known
        Kinds of columns by name. Any other column has its own type if the source has types, else that of all
        its values.
    spelling
        How values are written.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        source: Source,
        names: Sequence[str],
        known: Mapping[str, Kind],
        spelling: Spelling,
    ) -> None:
        self.source = source
        self.names = names
        self._connection = connection
        self._spelling = spelling
        self._kinds = {name: known[name] for name in names if name in known}
        unknown = [name for name in names if name not in known]
        if unknown and not source.typed:
            self._kinds |= dict.fromkeys(unknown, Kind.TEXT) | self._inferred(unknown)

    def sql(self) -> str:
        """Return SQL for the typed rows, to be run once; a value that cannot be read raises."""
        columns = ", ".join(f"{self._typed(name)} as {quoted(name)}" for name in self.names)
        return f"select {columns} from {self._relation(self._connection)}"  # noqa: S608

    def places(self, columns: Sequence[str], condition: str, values: Sequence[object]) -> list[str]:
        """Return in words where the first rows are for which `condition`, SQL on `columns`, holds."""
        if not set(columns) <= set(self.names):
            return []
        numbered = f"select *, row_number() over () - 1 as {_ROW} from ({self.sql()})"  # noqa: S608
        found = self._connection.execute(
            f"select {_ROW} from ({numbered}) where {condition} order by 1 limit {_PLACES}",  # noqa: S608
            list(values),
        ).fetchall()
        return [self.source.place(row) for (row,) in found]

    def explained(self, error: duckdb.Error) -> InputError:
        """Return what the user should know about rows that DuckDB refused."""
        if _UNREADABLE not in str(error):
            return self.source.explain(str(error))
        try:
            return self._first_unreadable()
        except duckdb.Error as structural:
            return self.source.explain(str(structural))

    def _inferred(self, names: Sequence[str]) -> dict[str, Kind]:
        """Return the first kind that reads all values of a column, for those where one does."""
        # most kinds fail within a few rows; only what is left is tried on all of them
        left = self._survivors(dict.fromkeys(INFERRED, names), f"limit {_SAMPLE_ROWS}")
        left = self._survivors(left, "")
        return {name: kind for kind in reversed(INFERRED) for name in left[kind]}

    def _survivors(self, candidates: Mapping[Kind, Sequence[str]], limit: str) -> dict[Kind, Sequence[str]]:
        names = sorted({name for columns in candidates.values() for name in columns})
        if not names:
            return dict(candidates)
        columns = ", ".join(quoted(name) for name in names)
        with self._connection.cursor() as cursor:
            texts = f"(select {columns} from {self._relation(cursor)} {limit})"  # noqa: S608
            found = cursor.execute(inference(texts, candidates, self._spelling)).fetchall()
        readable = {name: dict(zip(INFERRED, reads, strict=True)) for name, *reads in found}
        # without a value nothing is known of a column yet, and at the end it is a text
        return {
            kind: [name for name in columns if (readable[name][kind] if name in readable else bool(limit))]
            for kind, columns in candidates.items()
        }

    def _relation(self, connection: duckdb.DuckDBPyConnection) -> str:
        """Return SQL for the source's rows, as texts where a kind is known and as they are elsewhere."""
        columns = ", ".join(self._trimmed(name) for name in self.names)
        native = set(self.names) - set(self._kinds)
        rows = self.source.relation(connection, self.names, native)
        return f"(select {columns} from {rows})"  # noqa: S608

    def _trimmed(self, name: str) -> str:
        # Spaces around a number or a date carry nothing; within a text they are the user's.
        if self._kinds.get(name, Kind.TEXT) is Kind.TEXT:
            return quoted(name)
        value = quoted(name)
        spaced = f"starts_with({value}, ' ') or ends_with({value}, ' ')"
        return f"case when {spaced} then nullif(trim({value}), '') else {value} end as {value}"

    def _typed(self, name: str) -> str:
        if name not in self._kinds:
            return quoted(name)
        value, text = self._reading(name), quoted(name)
        return f"coalesce({value}, case when {text} is not null then error({literal(_UNREADABLE)}) end)"

    def _reading(self, name: str) -> str:
        return reading(self._kinds[name], quoted(name), self._spelling)

    def _first_unreadable(self) -> InputError:
        aggregates = ", ".join(_faults_of(name) for name in self._kinds)
        checks = ", ".join(f"{self._unreadable(name)} as {_fault(name)}" for name in self._kinds)
        # A cursor of its own: after a failed statement the connection's transaction takes no other.
        with self._connection.cursor() as cursor:
            numbered = f"*, row_number() over () - 1 as {_ROW}, {checks}"
            checked = f"(select {numbered} from {self._relation(cursor)})"  # noqa: S608
            found = iter(cursor.execute(f"select {aggregates} from {checked}").fetchone() or ())  # noqa: S608
        faults = [
            (row, name, value, count)
            for name, row, value, count in zip(self._kinds, found, found, found, strict=False)
            if row is not None
        ]
        row, name, value, _ = min(faults)
        more = sum(fault[3] for fault in faults) - 1
        also = f" {more:,} more of the file's values cannot be read either." if more else ""
        return InputError(
            f"{self.source.name}, {self.source.place(row)}, column {name}: cannot read {shown(value)}. "
            f"Expected {self._expected(name)}.{also} No row was loaded."
        )

    def _expected(self, name: str) -> str:
        kind, date_format = self._kinds[name], self._spelling.date_format
        if date_format and kind in (Kind.DATE, Kind.TIMESTAMP):
            return f"a {'date' if kind is Kind.DATE else 'time'} written as {date_format}"
        if kind in (Kind.DATE, Kind.TIMESTAMP):
            return f"{EXPECTED[kind]} (--date-format reads others, such as %d/%m/%Y)"
        return EXPECTED[kind]

    def _unreadable(self, name: str) -> str:
        return f"{quoted(name)} is not null and {self._reading(name)} is null"


def shown(value: object) -> str:
    """Return a value as messages show it: quoted, and cut where it is long."""
    text = str(value)
    return repr(text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}...")


def _fault(name: str) -> str:
    # Not an identifier, so no column of a file can have this name.
    return quoted(f"fault of {name}")


def _faults_of(name: str) -> str:
    where = f"filter (where {_fault(name)})"
    return f"min({_ROW}) {where}, arg_min({quoted(name)}, {_ROW}) {where}, count(*) {where}"
