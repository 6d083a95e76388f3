"""A Parquet file: its columns with their types, and DuckDB's reader on it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from conversionflow.core.errors import InputError
from conversionflow.warehouse.duckdb import file_literal, quoted

_NO_TEXT = ("BLOB", "STRUCT", "MAP", "UNION", "BIT")
_FLOATS = ("FLOAT", "DOUBLE")
_EXACT_INTEGERS = "1e15"


class ParquetFile:
    """
    A Parquet file.

    Attributes
    ----------
    path
        The file.
    typed
        True: the columns have types of their own.
    header
        The column names as the file spells them.

    Raises
    ------
    InputError
        If the file is not Parquet, or cut off.
    """

    typed = True

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.header = tuple(pq.read_schema(path).names)
            with duckdb.connect() as connection:
                described = connection.execute(f"describe from {self._source()}").fetchall()
        except (pa.ArrowException, OSError, duckdb.Error) as error:
            reason = str(error).split("\n", maxsplit=1)[0]
            raise InputError(f"{path} is not a whole Parquet file: {reason}") from error
        self._columns = [(row[0], row[1]) for row in described]

    def relation(self, names: Sequence[str], native: Collection[str]) -> str:
        """Return SQL for the file's rows in order: columns under `names`, as texts unless in `native`."""
        columns = []
        for name, (column, data_type) in zip(names, self._columns, strict=True):
            expression = quoted(column) if name in native else self._as_text(name, column, data_type)
            columns.append(f"{expression} as {quoted(name)}")
        return f"(select {', '.join(columns)} from {self._source()})"  # noqa: S608

    def place(self, row: int) -> str:
        """Return the name of data row `row` (from 0) as `row N`: a Parquet file has no lines."""
        return f"row {row + 1}"

    def explain(self, message: str) -> InputError:
        """Return what is wrong with the file, after DuckDB refused it with `message`."""
        reason = message.split("\n", maxsplit=1)[0]
        return InputError(f"{self.path} cannot be read as Parquet: {reason}. No row was loaded.")

    def _source(self) -> str:
        return f"read_parquet({file_literal(self.path)})"

    def _as_text(self, name: str, column: str, data_type: str) -> str:
        if data_type.startswith(_NO_TEXT) or data_type.endswith("]"):
            raise InputError(
                f"{self.path}, column {name}: a {data_type} cannot be read as a value. No row was loaded."
            )
        value = quoted(column)
        text = f"cast({value} as varchar)"
        if data_type in _FLOATS:
            # A whole number that went through a float is still one: customer 12, not "12.0".
            whole = f"{value} = trunc({value}) and abs({value}) < {_EXACT_INTEGERS}"
            text = f"case when {whole} then cast(cast({value} as bigint) as varchar) else {text} end"
        return f"nullif({text}, '')"
