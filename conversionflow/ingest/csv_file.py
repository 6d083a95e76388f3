"""A CSV file: its header and dialect, DuckDB's reader on it, and the line of any record in it."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import NamedTuple, TextIO

import duckdb

from conversionflow.core.errors import InputError
from conversionflow.ingest.text_file import DAMAGED_GZIP, TextFile
from conversionflow.warehouse.duckdb import file_literal, literal, quoted

DELIMITERS = (",", ";", "\t", "|")
_FIELD_LIMIT = 2**27
_SAMPLE_RECORDS = 20


class _Record(NamedTuple):
    line: int
    fields: list[str]
    line_end: str


class CsvFile:
    """
    A comma-separated file with a header, plain or gzip.

    Attributes
    ----------
    name
        The file's name in messages.
    typed
        False: every column is text.
    header
        The column names as the file spells them.
    delimiter
        What separates its columns: of comma, semicolon, tab and bar the one that splits the most of the first
        records as the header, and the header most.

    Parameters
    ----------
    text
        The file in UTF-8.

    Raises
    ------
    InputError
        If its first line is blank.
    """

    typed = False

    def __init__(self, text: TextFile) -> None:
        self._file = text
        self.name = text.name
        self.delimiter = max(DELIMITERS, key=self._fit)
        record = next(self._records(), None)
        if record is None or not record.fields:
            raise InputError(f"{self.name}: line 1 is blank. The header should be there.")
        self.header: tuple[str, ...] = tuple(record.fields)

    def _fit(self, delimiter: str) -> tuple[int, int]:
        """How many of the first records have as many columns as the header, and how many those are."""
        try:
            widths = [len(record.fields) for record in islice(self._records(delimiter), _SAMPLE_RECORDS)]
        except csv.Error:
            return 0, 0
        columns = widths[0] if widths else 0
        return (widths.count(columns) if columns > 1 else 0), columns

    def relation(
        self,
        connection: duckdb.DuckDBPyConnection,  # noqa: ARG002
        names: Sequence[str],
        native: Collection[str],  # noqa: ARG002
    ) -> str:
        """Return SQL for the file's rows in order: its columns under `names`, each a text or null."""
        columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
        source = (
            f"read_csv({file_literal(self._file.path)}, auto_detect = false, header = true,"
            f" delim = {literal(self.delimiter)}, quote = '\"', escape = '\"', strict_mode = true,"
            f" compression = {literal(self._file.compression)}, columns = {{{columns}}})"
        )
        texts = ", ".join(f"nullif({quoted(name)}, '') as {quoted(name)}" for name in names)
        return f"(select {texts} from {source})"  # noqa: S608

    def place(self, row: int) -> str:
        """Return where data row `row` (from 0) begins, as `line N`: a record may take several lines."""
        rows = (record for record in self._records() if record.fields or len(self.header) == 1)
        next(rows)
        for index, record in enumerate(rows):
            if index == row:
                return f"line {record.line}"
        raise InputError(f"{self.name} changed while it was read. Load it again.")

    def explain(self, message: str) -> InputError:
        """Return what is wrong with the file's structure, after DuckDB refused it with `message`."""
        try:
            fault = self._first_fault()
        except DAMAGED_GZIP:
            fault = "the compressed file is damaged or cut off"
        reason = fault or message.removeprefix("Invalid Input Error: ").split("\n", maxsplit=1)[0]
        return InputError(f"{self.name}: {reason}. No row was loaded.")

    def _first_fault(self) -> str | None:
        first = None
        try:
            for record in self._records(strict=True):
                first = first or record
                fault = self._fault(record, first)
                if fault:
                    return f"line {record.line} {fault}"
        except csv.Error as error:
            return str(error)
        return None

    def _fault(self, record: _Record, first: _Record) -> str | None:
        if any("\udc80" <= character <= "\udcff" for field in record.fields for character in field):
            return (
                "is not UTF-8. Say what it is in, such as --encoding windows-1252, or save the file in UTF-8"
            )
        if record.fields and len(record.fields) != len(self.header):
            return (
                f"has {len(record.fields)} columns, the header has {len(self.header)} (separated by "
                f"{self.delimiter!r})"
            )
        if record.line_end and record.line_end != first.line_end:
            return f"ends in {record.line_end!r}, the lines before it in {first.line_end!r}"
        return None

    def _records(self, delimiter: str | None = None, *, strict: bool = False) -> Iterator[_Record]:
        # Python's reader, not DuckDB's: it knows the physical line of a record.
        csv.field_size_limit(_FIELD_LIMIT)
        with self._file.open() as text:
            lines = _Lines(text)
            reader = csv.reader(lines, delimiter=delimiter or self.delimiter, strict=strict)
            begin = 1
            try:
                for fields in reader:
                    yield _Record(begin, fields, lines.end)
                    begin = reader.line_num + 1
            except csv.Error as error:
                message = f"a quote is misplaced in the record that begins on line {begin} ({error})"
                raise csv.Error(message) from error


class _Lines:
    """The lines of a text; `end` is the line end of the last one given."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self.end = ""

    def __iter__(self) -> Iterator[str]:
        for line in self._text:
            self.end = line[len(line.rstrip("\r\n")) :]
            yield line
