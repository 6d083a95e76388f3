"""A sheet of an Excel workbook, or a range of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from conversionflow.core.errors import InputError
from conversionflow.ingest.arrow_rows import registered
from conversionflow.ingest.excel_faults import column_number, first_fault

_BATCH_ROWS = 10_000
_EXACT_INTEGERS = 1e15
_LAST = 2**31
_RANGE = re.compile(r"([A-Z]{1,3})?(\d+)?:([A-Z]{1,3})?(\d+)?", re.IGNORECASE)


class ExcelSheet:
    """
    One sheet whose first row is the header.

    Cells formatted as dates are read as Excel stores them, whatever way they are shown. Rows without any
    value are passed over.

    Attributes
    ----------
    name
        The file and the sheet, in messages.
    typed
        False: every cell becomes a text.
    header
        The column names as the sheet spells them.

    Raises
    ------
    InputError
        If the file is no workbook, the sheet is not there or empty, or has cells that hold no value of their
        own: merged ones, errors, and formulas that were never calculated.
    """

    typed = False

    def __init__(self, path: Path, sheet: str | None, cells: str | None) -> None:
        from python_calamine import CalamineError, CalamineWorkbook

        try:
            workbook = CalamineWorkbook.from_path(path)
            chosen = _chosen(path, workbook, sheet)
            self._sheet = workbook.get_sheet_by_name(chosen)
        except (CalamineError, OSError) as error:
            raise InputError(
                f"{path} is not a whole Excel workbook: {error}. Save it again as .xlsx."
            ) from error
        self.name = f"{path}, sheet {chosen}"
        self._top, self._left, self._bottom, self._right = self._area(cells)
        self._refuse_merged()
        fault = first_fault(path, chosen, self._within)
        if fault:
            raise InputError(f"{self.name}, {fault} No row was loaded.")
        header = next(self._rows(), None)
        if header is None:
            raise InputError(f"{self.name} has no cells with values{f' in {cells}' if cells else ''}.")
        width = max((place for place, cell in enumerate(header[1], start=1) if cell), default=0)
        self.header: tuple[str, ...] = tuple(cell or "" for cell in header[1][:width])
        if not width or not all(self.header):
            at = f"{_letters(self._left + self.header.index('') if width else self._left)}{header[0]}"
            raise InputError(
                f"{self.name}, cell {at}: the header has no name there. If it is in another row, say where "
                "the table is, such as --range A3:F."
            )
        self._refuse_unnamed(width)

    def relation(
        self,
        connection: duckdb.DuckDBPyConnection,
        names: Sequence[str],
        native: Collection[str],  # noqa: ARG002
    ) -> str:
        """Return SQL for the sheet's rows in order: its columns under `names`, each a text or null."""
        schema = pa.schema([(name, pa.string()) for name in names])
        rows = (row[: len(names)] for _, row in islice(self._rows(), 1, None))
        batches = (
            pa.record_batch(
                [pa.array(column, pa.string()) for column in zip(*batch, strict=True)], schema=schema
            )
            for batch in iter(lambda: list(islice(rows, _BATCH_ROWS)), [])
        )
        return registered(connection, pa.RecordBatchReader.from_batches(schema, batches))

    def place(self, row: int) -> str:
        """Return where data row `row` (from 0) is, as `row N` of the sheet."""
        number, _ = next(islice(self._rows(), row + 1, None))
        return f"row {number}"

    def explain(self, message: str) -> InputError:
        """Return that the sheet cannot be read, after DuckDB refused it with `message`."""
        reason = message.split("\n", maxsplit=1)[0]
        return InputError(f"{self.name} cannot be read: {reason}. No row was loaded.")

    def _area(self, cells: str | None) -> tuple[int, int, int, int]:
        """Return what to read, from 0 and inclusive: top, left, bottom and right."""
        start, end = self._sheet.start, self._sheet.end
        if start is None or end is None:
            raise InputError(f"{self.name} is empty.")
        self._start = start
        if cells is None:
            return start[0], start[1], end[0], end[1]
        match = _RANGE.fullmatch(cells)
        if not match or not any(match.groups()):
            raise InputError(f"{cells!r} is not a range of cells. Write it as A3:F200, A3:F or A:F.")
        left, top, right, bottom = match.groups()
        return (
            max(int(top) - 1 if top else 0, start[0]),
            max(column_number(left) if left else 0, start[1]),
            min(int(bottom) - 1 if bottom else _LAST, end[0]),
            min(column_number(right) if right else _LAST, end[1]),
        )

    def _within(self, row: int, column: int) -> bool:
        return self._top <= row <= self._bottom and self._left <= column <= self._right

    def _rows(self) -> Iterator[tuple[int, list[str | None]]]:
        """Give each row with a value, and its number in the sheet, from 1."""
        first_row, first_column = self._start
        columns = slice(self._left - first_column, self._right - first_column + 1)
        rows = islice(self._sheet.iter_rows(), self._top - first_row, self._bottom - first_row + 1)
        for number, row in enumerate(rows, start=self._top + 1):
            texts = [_text(cell) for cell in row[columns]]
            if any(text is not None for text in texts):
                yield number, texts

    def _refuse_merged(self) -> None:
        for (top, left), (bottom, right) in self._sheet.merged_cell_ranges or []:
            if self._within(top, left) or self._within(bottom, right):
                raise InputError(
                    f"{self.name}, cells {_letters(left)}{top + 1}:{_letters(right)}{bottom + 1} are merged: "
                    "only the first of them holds a value. Unmerge them and fill each, or leave them out "
                    "with --range. No row was loaded."
                )

    def _refuse_unnamed(self, width: int) -> None:
        for number, row in self._rows():
            extra = next((place for place, cell in enumerate(row[width:], start=width) if cell), None)
            if extra is not None:
                raise InputError(
                    f"{self.name}, cell {_letters(self._left + extra)}{number}: there is a value but no name "
                    "in the header above it. Name the column, or leave it out with --range. No row was "
                    "loaded."
                )


def _chosen(path: Path, workbook: Any, sheet: str | None) -> str:
    names = list(workbook.sheet_names)
    if sheet is not None:
        if sheet not in names:
            raise InputError(f"{path} has no sheet {sheet!r}. It has {', '.join(names)}.")
        return sheet
    filled = [name for name in names if workbook.get_sheet_by_name(name).start is not None]
    if not filled:
        raise InputError(f"{path} is empty: none of its sheets has a value.")
    if len(filled) > 1:
        raise InputError(f"{path} has several sheets. Say which with --sheet: {', '.join(filled)}.")
    return str(filled[0])


def _text(cell: Any) -> str | None:
    """Return a cell's value as a text that readings know; None where the cell is empty."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < _EXACT_INTEGERS else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell) or None


def _letters(number: int) -> str:
    letters = ""
    number += 1
    while number:
        number, place = divmod(number - 1, 26)
        letters = chr(ord("A") + place) + letters
    return letters
