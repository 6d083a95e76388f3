"""What a Python model returns arrives in Postgres value by value, and comes back as it was."""

from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import conftest
import pandas as pd
import psycopg2
import pyarrow as pa
import pytest

from conversionflow.core.errors import InputError
from conversionflow.warehouse.postgres_copy import read_query, write_table
from conversionflow.warehouse.postgres_relations import PostgresRelation

LONGEST = "n" * 63
ROME = pa.timestamp("us", "Europe/Rome")
#: Arrow type, type in Postgres, values as psycopg2 gives them.
COLUMNS = {
    "flag": (pa.bool_(), "boolean", [True, False, None]),
    "small": (pa.int16(), "smallint", [-32768, 32767, None]),
    "whole": (pa.int64(), "bigint", [-(2**63), 2**63 - 1, None]),
    "unsigned": (pa.uint64(), "numeric(20,0)", [2**64 - 1, 0, None]),
    "number": (pa.float64(), "double precision", [0.1, float("-inf"), None]),
    "money": (
        pa.decimal128(38, 10),
        "numeric(38,10)",
        [Decimal("-1234567890123456789012345678.0123456789"), Decimal("0.1"), None],
    ),
    "day": (pa.date32(), "date", [date(1, 1, 1), date(9999, 12, 31), None]),
    "moment": (
        pa.timestamp("us"),
        "timestamp without time zone",
        [datetime(2025, 3, 30, 2, 30, 0, 1), datetime(1969, 12, 31), None],
    ),
    "instant": (
        ROME,
        "timestamp with time zone",
        [datetime(2025, 10, 26, 0, 30, tzinfo=UTC), datetime(2025, 10, 26, 1, 30, tzinfo=UTC), None],
    ),
    "hour": (pa.time64("us"), "time without time zone", [time(23, 59, 59, 999999), time(0), None]),
    "span": (pa.duration("us"), "interval", [timedelta(days=-1, microseconds=1), timedelta(0), None]),
    "bytes": (pa.binary(), "bytea", [b"\x00\\'\"\n", b"", None]),
    "texts": (pa.list_(pa.string()), "text[]", [["", None, 'a"b\\c,{}', "NULL", " "], [], None]),
    "numbers": (pa.list_(pa.float64()), "double precision[]", [[0.1, None, 1e300], [], None]),
    "days": (pa.list_(pa.date32()), "date[]", [[date(2025, 1, 1), None], [], None]),
    "record": (
        pa.struct([("a", pa.int64()), ("b", pa.string())]),
        "jsonb",
        [{"a": 1, "b": "'\""}, {"a": None, "b": ""}, None],
    ),
    "kind": (pa.dictionary(pa.int8(), pa.string()), "text", ["a", "", None]),
    "nothing": (pa.null(), "text", [None, None, None]),
    LONGEST: (pa.string(), "text", ["", "NULL", None]),
    'odd "name", in üñï': (pa.large_string(), "text", ['q"uo\'te;\r\nline\ttab\\.', "\\.", "\\N"]),
}  # fmt: skip


@pytest.fixture
def connection(postgres_server):
    with closing(conftest.connect(postgres_server, postgres_server.dbname, "-c TimeZone=UTC")) as connection:
        yield connection


@pytest.fixture
def table() -> pa.Table:
    return pa.table({name: pa.array(values, kind) for name, (kind, _, values) in COLUMNS.items()})


def test_every_type_arrives_as_it_was(connection, table):
    assert write_table(connection, "written", table.to_reader(), temporary=True) == 3
    with connection.cursor() as cursor:
        cursor.execute("select * from written")
        found = {
            column.name: values
            for column, values in zip(cursor.description, zip(*cursor, strict=True), strict=True)
        }
        cursor.execute("""
            select attname, format_type(atttypid, atttypmod) from pg_attribute
            where attrelid = 'written'::regclass and attnum > 0
        """)
        types = dict(cursor.fetchall())
    assert types == {name: kind for name, (_, kind, _) in COLUMNS.items()}
    for name, (_, _, wanted) in COLUMNS.items():
        values = [bytes(one) if isinstance(one, memoryview) else one for one in found[name]]
        assert values == wanted, name


def test_what_was_written_is_read_back(connection, table):
    kept = [
        name for name in COLUMNS if name not in ("span", "bytes", "record", "unsigned", "nothing", "kind")
    ]
    write_table(connection, "written", table.to_reader(), temporary=True)
    found = PostgresRelation(connection, "written").arrow().select(kept)
    # an hour that comes twice in Rome is equal to none elsewhere
    wanted = table.set_column(
        table.column_names.index("instant"), "instant", table["instant"].cast(pa.timestamp("us", "UTC"))
    )
    assert found.to_pylist() == wanted.select(kept).to_pylist()
    assert found.schema.field("money").type == pa.decimal128(38, 10)
    assert found.schema.field("instant").type == pa.timestamp("us", "UTC")


def test_rows_are_read_by_value_with_quotes_and_empty_is_not_null(connection):
    rows = pa.table({"name": ["it's", "", None], "money": pa.array([1, 2, 3], pa.decimal128(18, 2))})
    write_table(connection, "written", rows.to_reader(), temporary=True)
    relation = PostgresRelation(connection, "written")
    assert relation.df(name="it's")["money"].tolist() == [1.0]
    assert relation.df(name="")["money"].tolist() == [2.0]
    assert pd.isna(relation.df()["name"]).tolist() == [False, False, True]
    assert not relation.is_empty()


@pytest.mark.parametrize("rows", [0, 1, 120_001])
def test_any_number_of_rows_and_a_single_column_of_nulls(connection, rows):
    table = pa.table({"only": pa.array([None] * rows, pa.string())})
    assert write_table(connection, "written", table.to_reader(), temporary=True) == rows
    assert read_query(connection, "select * from written").equals(table)


def test_a_numeric_without_digits_is_read_as_a_float_and_an_unknown_type_as_text(connection):
    query = "select 0.1::numeric as number, '10.0.0.1'::inet as place"
    assert read_query(connection, query).to_pylist() == [{"number": 0.1, "place": "10.0.0.1"}]


def test_a_name_that_postgres_would_cut_is_refused(connection):
    with pytest.raises(InputError, match="has 64 bytes; Postgres keeps 63"):
        write_table(connection, "written", pa.table({"n" * 64: [1]}).to_reader())


def test_a_text_with_a_nul_byte_is_refused_with_its_line_and_column(connection):
    rows = pa.table({"text": ["fine", "not\x00fine"]})
    with pytest.raises(psycopg2.DataError, match=r"(?s)0x00.*line 2"):
        write_table(connection, "written", rows.to_reader())
