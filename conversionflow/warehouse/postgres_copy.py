"""Arrow tables in and out of Postgres by COPY, on a connection that is open already."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.csv as arrow_csv

from conversionflow.core.errors import InputError
from conversionflow.warehouse.postgres_types import arrow_type, is_list, postgres_type

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PostgresConnection  # noqa: N812

_BATCH_ROWS = 50_000
_CHUNK_BYTES = 1 << 20
_MOST_NAME_BYTES = 63
_TEXT_KINDS = (pa.types.is_string, pa.types.is_large_string)


def read_query(connection: PostgresConnection, query: str) -> pa.Table:
    """Return the rows of a query; `postgres_types.arrow_type` says how types are read."""
    with connection.cursor() as cursor:
        cursor.execute(f"select * from ({query}) as described limit 0")  # noqa: S608
        wanted = pa.schema(
            [
                (column.name, arrow_type(column.type_code, column.precision, column.scale))
                for column in cursor.description
            ]
        )
        if not len(wanted):
            raise InputError("A table without columns cannot be read.")
        columns = ", ".join(
            f"to_json({_quoted(field.name)})" if is_list(field.type) else _quoted(field.name)
            for field in wanted
        )
        content = io.BytesIO()
        cursor.copy_expert(
            f"copy (select {columns} from ({query}) as rows) to stdout"  # noqa: S608
            " with (format csv, encoding 'UTF8')",
            content,
        )
    content.seek(0)
    return _parsed(content, wanted)


def _parsed(content: io.BytesIO, wanted: pa.Schema) -> pa.Table:
    if not content.getbuffer().nbytes:
        return wanted.empty_table()
    # columns may share a name
    places = [str(place) for place in range(len(wanted))]
    kinds = [pa.string() if is_list(field.type) else field.type for field in wanted]
    table = arrow_csv.read_csv(
        content,
        read_options=arrow_csv.ReadOptions(column_names=places),
        parse_options=arrow_csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict(zip(places, kinds, strict=True)),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            true_values=["t"],
            false_values=["f"],
        ),
    )
    columns = [
        _lists(column, field.type) if is_list(field.type) else column
        for column, field in zip(table.columns, wanted, strict=True)
    ]
    return pa.Table.from_arrays(columns, schema=wanted)


def _lists(texts: pa.ChunkedArray, wanted: pa.DataType) -> pa.Array:
    values = [
        None if text is None else json.loads(text, parse_int=str, parse_float=str)
        for text in texts.to_pylist()
    ]
    if pa.types.is_boolean(wanted.value_type):
        return pa.array(values, wanted)
    return pa.array(values, pa.list_(pa.string())).cast(wanted)


def write_table(
    connection: PostgresConnection, relation: str, rows: pa.RecordBatchReader, *, temporary: bool = False
) -> int:
    """
    Create a table with the columns of `rows`, fill it, and return how many rows there were.

    Neither begins nor ends a transaction. Times are kept to the microsecond.

    Raises
    ------
    InputError
        If the rows have no columns, or a column's name is longer than Postgres keeps.
    """
    columns = ", ".join(
        f"{_quoted(field.name)} {postgres_type(field.type)}" for field in _checked(rows.schema)
    )
    kind = "temporary table" if temporary else "table"
    with connection.cursor() as cursor:
        cursor.execute(f"create {kind} {relation} ({columns})")
    return copy_rows(connection, relation, rows)


def copy_rows(connection: PostgresConnection, relation: str, rows: pa.RecordBatchReader) -> int:
    """Add `rows` to a table, column by name, and return how many there were; in the open transaction."""
    columns = ", ".join(_quoted(name) for name in rows.schema.names)
    stream = _CsvStream(rows)
    with connection.cursor() as cursor:
        cursor.copy_expert(
            f"copy {relation} ({columns}) from stdin with (format csv, encoding 'UTF8')",
            stream,
            size=_CHUNK_BYTES,
        )
    return stream.rows


def _checked(schema: pa.Schema) -> list[pa.Field]:
    if not len(schema):
        raise InputError("The result has no columns.")
    for name in schema.names:
        if len(name.encode()) > _MOST_NAME_BYTES:
            raise InputError(
                f"The name of column {name} has {len(name.encode())} bytes; Postgres keeps "
                f"{_MOST_NAME_BYTES}. Give it a shorter name."
            )
    return list(schema)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


class _CsvStream:
    """What COPY reads from: batch after batch as CSV, where no quotes say null."""

    def __init__(self, batches: pa.RecordBatchReader) -> None:
        self.rows = 0
        self._chunks = self._written(batches)
        self._rest = memoryview(b"")

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes, none at the end."""
        if not self._rest:
            self._rest = memoryview(next(self._chunks, b""))
        taken, self._rest = self._rest[:size], self._rest[size:]
        return bytes(taken)

    def _written(self, batches: pa.RecordBatchReader) -> Iterator[bytes]:
        options = arrow_csv.WriteOptions(include_header=False)
        for batch in batches:
            for start in range(0, batch.num_rows, _BATCH_ROWS):
                part = batch.slice(start, _BATCH_ROWS)
                plain = pa.table(
                    [_plain(column) for column in part.columns],
                    [str(place) for place in range(part.num_columns)],
                )
                content = io.BytesIO()
                arrow_csv.write_csv(plain, content, options)
                self.rows += part.num_rows
                yield content.getvalue()


def _plain(column: pa.Array) -> pa.Array:
    """Return a column as a type that Arrow writes as CSV in the words of Postgres."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _plain(column.dictionary_decode())
    if is_list(kind):
        return _texts(column, _array_literal)
    if pa.types.is_struct(kind) or pa.types.is_map(kind):
        return _texts(column, lambda value: json.dumps(value, default=str))
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return _texts(column, lambda value: "\\x" + value.hex())
    if pa.types.is_duration(kind):
        return _texts(column.cast(pa.duration("us"), safe=False).cast(pa.int64()), "{} microseconds".format)
    if pa.types.is_timestamp(kind):
        # the offset of a zone is that of its days, which CSV would write for each value
        return column.cast(pa.timestamp("us", "UTC" if kind.tz else None), safe=False)
    if pa.types.is_time(kind):
        return column.cast(pa.time64("us"), safe=False)
    if postgres_type(kind) == "text" and not any(fits(kind) for fits in _TEXT_KINDS):
        return column.cast(pa.string())
    return column


def _texts(column: pa.Array, text: Any) -> pa.Array:
    return pa.array([None if value is None else text(value) for value in column.to_pylist()], pa.string())


def _array_literal(value: Any) -> str:
    if isinstance(value, list):
        return "{" + ",".join(_array_literal(one) for one in value) + "}"
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        value = "\\x" + value.hex()
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
