"""JSON lines: an object a line, whose keys are the columns."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence

import duckdb

from conversionflow.core.errors import InputError
from conversionflow.ingest.text_file import DAMAGED_GZIP, TextFile
from conversionflow.warehouse.duckdb import file_literal, literal, quoted

_NO_OBJECT = "conversionflow: a line is not an object"
_LONGEST_LINE = 2**27


class JsonLines:
    """
    A file of JSON objects, one a line, plain or gzip.

    A key of any line is a column; where a line lacks it or has null, the value is missing. An object or a
    list within is kept as its JSON text.

    Attributes
    ----------
    name
        The file's name in messages.
    typed
        False: every column is text.
    header
        The keys, in the order in which they appear.

    Raises
    ------
    InputError
        If a line is not an object, or there is none.
    """

    typed = False

    def __init__(self, text: TextFile) -> None:
        self._file = text
        self.name = text.name
        keys = (
            "select key from (select unnest(json_keys(line)) as key, generate_subscripts(json_keys(line), 1)"  # noqa: S608
            f" as place, row from (select line, row_number() over () as row from {self._objects()}))"
            " group by key order by min((row, place))"
        )
        try:
            with duckdb.cursor() as connection:
                self.header = tuple(row[0] for row in connection.execute(keys).fetchall())
        except duckdb.Error as error:
            raise self.explain(str(error)) from error
        if not self.header:
            raise InputError(f"{self.name} has no line with an object in it. No row was loaded.")

    def relation(
        self,
        connection: duckdb.DuckDBPyConnection,  # noqa: ARG002
        names: Sequence[str],
        native: Collection[str],  # noqa: ARG002
    ) -> str:
        """Return SQL for the file's rows in order: its columns under `names`, each a text or null."""
        pointers = ", ".join(literal(_pointer(key)) for key in self.header)
        columns = ", ".join(
            f"nullif(found[{place}], '') as {quoted(name)}" for place, name in enumerate(names, start=1)
        )
        found = f"select json_extract_string(line, [{pointers}]) as found from {self._objects()}"  # noqa: S608
        return f"(select {columns} from ({found}))"  # noqa: S608

    def place(self, row: int) -> str:
        """Return where data row `row` (from 0) is, as `line N`: blank lines are passed over."""
        for index, (number, _) in enumerate(self._lines()):
            if index == row:
                return f"line {number}"
        raise InputError(f"{self.name} changed while it was read. Load it again.")

    def explain(self, message: str) -> InputError:
        """Return which line is no object, after DuckDB refused the file with `message`."""
        fault = None
        try:
            fault = next((f for number, line in self._lines() if (f := _fault(number, line))), None)
        except DAMAGED_GZIP:
            fault = "the compressed file is damaged or cut off"
        reason = fault or message.split("\n", maxsplit=1)[0]
        return InputError(f"{self.name}: {reason}. No row was loaded.")

    def _objects(self) -> str:
        lines = (
            f"read_ndjson_objects({file_literal(self._file.path)}, compression = "
            f"{literal(self._file.compression)}, maximum_object_size = {_LONGEST_LINE})"
        )
        checked = f"case when json_type(json) = 'OBJECT' then json else error({literal(_NO_OBJECT)}) end"
        return f"(select {checked} as line from {lines})"  # noqa: S608

    def _lines(self) -> Iterator[tuple[int, str]]:
        with self._file.open() as text:
            for number, line in enumerate(text, start=1):
                if line.strip():
                    yield number, line


def _fault(number: int, line: str) -> str | None:
    if any("\udc80" <= character <= "\udcff" for character in line):
        return f"line {number} is not UTF-8. Say what it is in with --encoding, or save the file in UTF-8"
    try:
        value = json.loads(line)
    except json.JSONDecodeError as error:
        return f"line {number}, column {error.colno} is not JSON ({error.msg})"
    if isinstance(value, list):
        return f"line {number} is a JSON array. Write each of its objects on a line of its own"
    if not isinstance(value, dict):
        return f"line {number} is not a JSON object: {line.strip()[:80]!r}"
    return None


def _pointer(key: str) -> str:
    return "/" + key.replace("~", "~0").replace("/", "~1")
