"""A Parquet file: its columns with their types, and DuckDB's reader on it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from conversionflow.core.errors import InputError
from conversionflow.ingest.typed_columns import selected
from conversionflow.warehouse.duckdb import file_literal


class ParquetFile:
    """
    A Parquet file.

    Attributes
    ----------
    name
        The file's name in messages.
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
        self.name = str(path)
        self._path = path
        try:
            self.header = tuple(pq.read_schema(path).names)
            with duckdb.connect() as connection:
                described = connection.execute(f"describe from {self._source()}").fetchall()
        except (pa.ArrowException, OSError, duckdb.Error) as error:
            reason = str(error).split("\n", maxsplit=1)[0]
            raise InputError(f"{path} is not a whole Parquet file: {reason}") from error
        self._columns = [(row[0], row[1]) for row in described]

    def relation(
        self,
        connection: duckdb.DuckDBPyConnection,  # noqa: ARG002
        names: Sequence[str],
        native: Collection[str],
    ) -> str:
        """Return SQL for the file's rows in order: columns under `names`, as texts unless in `native`."""
        columns = selected(self.name, self._columns, names, native)
        return f"(select {columns} from {self._source()})"  # noqa: S608

    def place(self, row: int) -> str:
        """Return the name of data row `row` (from 0) as `row N`: a Parquet file has no lines."""
        return f"row {row + 1}"

    def explain(self, message: str) -> InputError:
        """Return what is wrong with the file, after DuckDB refused it with `message`."""
        reason = message.split("\n", maxsplit=1)[0]
        return InputError(f"{self.name} cannot be read as Parquet: {reason}. No row was loaded.")

    def _source(self) -> str:
        return f"read_parquet({file_literal(self._path)})"
