"""A CSV file: its header and dialect, DuckDB's reader on it, and the line of any record in it."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TextIO

from conversionflow.core.errors import InputError
from conversionflow.warehouse.duckdb import file_literal, literal, quoted

DELIMITERS = (",", ";", "\t", "|")
_FIELD_LIMIT = 2**27
_HEAD_BYTES = 65_536
_GZIP_MAGIC = b"\x1f\x8b"
_PARQUET_MAGIC = b"PAR1"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


class _Record(NamedTuple):
    line: int
    fields: list[str]
    line_end: str


class CsvFile:
    """
    A comma-separated file in UTF-8, plain or gzip, with a header.

    Attributes
    ----------
    path
        The file.
    typed
        False: every column is text.
    header
        The column names as the file spells them.
    delimiter
        What separates its columns: of comma, semicolon, tab and bar the one that splits the header most.

    Raises
    ------
    InputError
        If the file is empty, not text, or in another encoding.
    """

    typed = False

    def __init__(self, path: Path) -> None:
        self.path = path
        self._refuse_other_content()
        first = self._first_line()
        self.delimiter = max(DELIMITERS, key=lambda mark: len(next(csv.reader([first], delimiter=mark))))
        record = next(self._records(), None)
        if record is None or not record.fields:
            raise InputError(f"{path}: line 1 is blank. The header should be there.")
        self.header: tuple[str, ...] = tuple(record.fields)

    def relation(self, names: Sequence[str], native: Collection[str]) -> str:  # noqa: ARG002
        """Return SQL for the file's rows in order: its columns under `names`, each a text or null."""
        columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
        source = (
            f"read_csv({file_literal(self.path)}, auto_detect = false, header = true,"
            f" delim = {literal(self.delimiter)}, quote = '\"', escape = '\"', strict_mode = true,"
            f" compression = {literal('gzip' if self._is_gzip() else 'none')}, columns = {{{columns}}})"
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
        raise InputError(f"{self.path} changed while it was read. Load it again.")

    def explain(self, message: str) -> InputError:
        """Return what is wrong with the file's structure, after DuckDB refused it with `message`."""
        try:
            fault = self._first_fault()
        except (EOFError, zlib.error, gzip.BadGzipFile):
            fault = "the compressed file is damaged or cut off"
        reason = fault or message.removeprefix("Invalid Input Error: ").split("\n", maxsplit=1)[0]
        return InputError(f"{self.path}: {reason}. No row was loaded.")

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
            return "is not UTF-8. Save the file in UTF-8"
        if record.fields and len(record.fields) != len(self.header):
            return f"has {len(record.fields)} columns, the header has {len(self.header)}"
        if record.line_end and record.line_end != first.line_end:
            return f"ends in {record.line_end!r}, the lines before it in {first.line_end!r}"
        return None

    def _refuse_other_content(self) -> None:
        with self.path.open("rb") as raw:
            head = raw.read(_HEAD_BYTES)
        if head.startswith(_PARQUET_MAGIC):
            raise InputError(f"{self.path} is a Parquet file under the name of a CSV file. Name it .parquet")
        if head.startswith(_UTF16_MARKS):
            raise InputError(f"{self.path} is in UTF-16. Save it as CSV in UTF-8.")
        if not head.startswith(_GZIP_MAGIC) and b"\x00" in head:
            raise InputError(f"{self.path} is not a CSV file: line {_line_of(head, 0)} has NUL bytes in it.")

    def _first_line(self) -> str:
        try:
            with self._text() as text:
                return text.readline(_HEAD_BYTES)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise InputError(f"{self.path} is not a whole gzip file: {error}") from error

    def _is_gzip(self) -> bool:
        with self.path.open("rb") as raw:
            return raw.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC

    @contextmanager
    def _text(self) -> Iterator[TextIO]:
        with self.path.open("rb") as raw:
            binary = gzip.GzipFile(fileobj=raw) if self._is_gzip() else raw
            yield io.TextIOWrapper(binary, encoding="utf-8-sig", errors="surrogateescape", newline="")

    def _records(self, *, strict: bool = False) -> Iterator[_Record]:
        # Python's reader, not DuckDB's: it knows the physical line of a record.
        csv.field_size_limit(_FIELD_LIMIT)
        with self._text() as text:
            lines = _Lines(text)
            reader = csv.reader(lines, delimiter=self.delimiter, strict=strict)
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


def _line_of(head: bytes, byte: int) -> int:
    return head[: head.index(byte)].count(b"\n") + 1
