"""Loading into Postgres and out of it, on a server of the tests."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import duckdb
import psycopg2
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from postgres_server import PostgresServer

from conversionflow.core.errors import InputError
from conversionflow.ingest.load import Loaded, Request, WhenTableExists, load
from conversionflow.ingest.sources import Reading
from conversionflow.warehouse.postgres_session import postgres_session

HEADER = "touch_id,customer_id,touched_at,channel,cost\n"
TOUCH = 't1,"c,""1""",2026-03-01T09:30:00+02:00,s\\earch,1.5\n'


class Database:
    """An empty database of the tests' server."""

    def __init__(self, server: PostgresServer, name: str) -> None:
        self.settings = {"host": server.host, "port": server.port, "user": server.user, "dbname": name}
        self.uri = f"postgresql:///{name}?host={server.host}&port={server.port}&user={server.user}"

    def query(self, statement: str) -> list[tuple]:
        connection = psycopg2.connect(**self.settings)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            rows = cursor.fetchall() if cursor.description else []
        connection.close()
        return rows

    def load(self, table: str, *files: Path | str, **request: object) -> list[Loaded]:
        with postgres_session("test", self.settings) as session:
            return load(Request(table, [str(file) for file in files], **request), session)


@pytest.fixture
def database(postgres_server: PostgresServer) -> Iterator[Database]:
    name = f"load_{uuid4().hex}"
    server = Database(postgres_server, postgres_server.dbname)
    server.query(f"create database {name}")
    yield Database(postgres_server, name)
    server.query(f"drop database {name}")


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", newline="")
    return path


def test_values_types_and_nulls_arrive_as_they_are(database: Database, tmp_path: Path) -> None:
    text = HEADER + TOUCH + 't2,,2026-03-01,"line\nbreak",\n' + "t3,\\N,2026-03-02,'',-0.01\n"
    [loaded] = database.load("touches", written(tmp_path / "t.csv", text))
    assert loaded.rows == 3
    assert loaded.columns == {
        "touch_id": "VARCHAR",
        "customer_id": "VARCHAR",
        "touched_at": "TIMESTAMP",
        "channel": "VARCHAR",
        "cost": "DECIMAL(18,2)",
    }
    assert database.query("select * from raw.touches order by 1") == [
        ("t1", 'c,"1"', datetime(2026, 3, 1, 7, 30), "s\\earch", Decimal("1.50")),
        ("t2", None, datetime(2026, 3, 1), "line\nbreak", None),
        ("t3", "\\N", datetime(2026, 3, 2), "''", Decimal("-0.01")),
    ]


def test_a_bad_value_after_many_rows_leaves_nothing(database: Database, tmp_path: Path) -> None:
    good = written(tmp_path / "good.csv", HEADER + TOUCH)
    database.load("touches", good)
    bad = written(tmp_path / "bad.csv", HEADER + TOUCH * 60_000 + TOUCH.replace("1.5", "much"))
    for existing, key in (("append", ()), ("replace", ()), ("upsert", ["touch_id"])):
        with pytest.raises(InputError, match="line 60002, column cost: cannot read 'much'"):
            database.load("touches", bad, existing=WhenTableExists(existing), key=key)
    assert database.query("select count(*) from raw.touches") == [(1,)]
    assert database.query("select count(*) from pg_tables where schemaname = 'raw'") == [(2,)]


def test_replace_append_upsert_and_the_same_file_twice(database: Database, tmp_path: Path) -> None:
    first = written(tmp_path / "a.csv", "orders,sales_date,revenue\n1,2026-03-01,1.00\n2,2026-03-02,2.00\n")
    later = written(tmp_path / "b.csv", "sales_date,revenue,orders\n2026-03-02,5.00,7\n2026-03-03,6.00,8\n")
    assert [loaded.rows for loaded in database.load("sales", first)] == [2]
    assert database.load("sales", first)[0].skipped
    with pytest.raises(InputError, match="has 2 rows already"):
        database.load("sales", later)
    [loaded] = database.load("sales", later, existing=WhenTableExists.UPSERT, key=["sales_date"])
    assert (loaded.rows, loaded.updated) == (2, 1)
    everything = "select sales_date, orders, revenue from raw.sales order by 1"
    assert database.query(everything) == [
        (date(2026, 3, 1), 1, Decimal("1.00")),
        (date(2026, 3, 2), 7, Decimal("5.00")),
        (date(2026, 3, 3), 8, Decimal("6.00")),
    ]
    assert database.load("sales", first, later, existing=WhenTableExists.APPEND)[1].skipped
    database.query("create view public.reader as select revenue from raw.sales")
    database.load("sales", later, existing=WhenTableExists.REPLACE)
    assert database.query("select sum(revenue) from reader") == [(Decimal("11.00"),)]


def test_a_table_that_views_read_keeps_its_columns(database: Database, tmp_path: Path) -> None:
    database.load("events", written(tmp_path / "a.csv", "a\n1\n"))
    database.query("create view public.reader as select a from raw.events")
    other = written(tmp_path / "b.csv", "a,b\n1,2\n")
    with pytest.raises(InputError, match=r"raw\.events has other columns.*view reader.*Drop these first"):
        database.load("events", other, existing=WhenTableExists.REPLACE)
    database.query("drop view public.reader")
    database.load("events", other, existing=WhenTableExists.REPLACE)
    assert database.query("select a, b from raw.events") == [(1, 2)]


def test_columns_beyond_the_contract_keep_their_types(database: Database, tmp_path: Path) -> None:
    columns = {
        "tags": pa.array([["a", None, 'q"'], None]),
        "zoned": pa.array([datetime(2026, 3, 1, 8)] * 2, pa.timestamp("us", "Europe/Rome")),
        "flag": pa.array([True, None]),
        "share": pa.array([0.1, 1e300]),
    }
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    database.load("extras", tmp_path / "t.parquet")
    assert database.query("select tags, zoned at time zone 'UTC', flag, share from raw.extras") == [
        (["a", None, 'q"'], datetime(2026, 3, 1, 8), True, 0.1),
        (None, datetime(2026, 3, 1, 8), None, 1e300),
    ]


def test_a_server_s_refusal_is_one_message(database: Database, tmp_path: Path) -> None:
    table = "raw.sales (sales_date date, orders bigint check (orders > 0), revenue numeric(18, 2))"
    database.query(f"create schema raw; create table {table}")
    file = written(tmp_path / "a.csv", "orders,sales_date,revenue\n0,2026-03-01,1.00\n")
    with pytest.raises(InputError, match=r"test refuses the rows: .*check constraint.*No row was loaded"):
        database.load("sales", file, existing=WhenTableExists.APPEND)
    assert database.query("select count(*) from raw.sales") == [(0,)]


SHOP = """
    create schema shop;
    create table shop."Orders" (
        id integer, "customer id" text, placed timestamptz, total numeric(12, 2), kind varchar(9),
        weight float8, gift boolean
    );
    insert into shop."Orders" values
        (1, 'c"1', '2026-03-01 09:30:00+02', 12.50, 'web', 0.1, true),
        (2, e'line\\nbreak', '2026-03-02 00:00:00+00', null, '', 2, null);
"""
ORDERS = {"conversion_id": "id", "customer_id": "customer id", "converted_at": "placed", "revenue": "total"}


def test_a_table_or_query_of_postgres_becomes_a_raw_table(database: Database) -> None:
    database.query(SHOP)
    table = Reading(mapping=ORDERS, from_table="shop.Orders")
    [loaded] = database.load("conversions", database.uri, reading=table)
    assert loaded.rows == 2
    query = (
        "select conversion_id, customer_id, converted_at, revenue, kind, weight, gift from raw.conversions"
    )
    expected = [
        ("1", 'c"1', datetime(2026, 3, 1, 7, 30), Decimal("12.50"), "web", 0.1, True),
        ("2", "line\nbreak", datetime(2026, 3, 2), None, None, 2.0, None),
    ]
    assert database.query(query) == expected
    again = Reading(mapping=ORDERS, query='select * from shop."Orders" where id > 1 -- only the last\n;')
    [loaded] = database.load("conversions", database.uri, reading=again, existing=WhenTableExists.REPLACE)
    assert database.query(query) == expected[1:]
    assert not database.load("conversions", database.uri, reading=again, existing=WhenTableExists.APPEND)[
        0
    ].skipped


@pytest.mark.parametrize(
    ("reading", "message"),
    [
        (Reading(), "either --from-table SCHEMA.TABLE or --query"),
        (Reading(from_table="shop.orders"), "has no table shop.orders"),
        (Reading(from_table='shop."Orders"; drop table x'), "has no table"),
        (Reading(query="select 1/0 as a"), "division by zero"),
        (Reading(query='with a as (delete from shop."Orders" returning *) select * from a'), "refuses it"),
        (Reading(query="select 1) as a; drop table shop.\"Orders\"; --"), "refuses it"),
        (Reading(mapping=ORDERS, query='select id, "customer id", kind as placed, total from shop."Orders"'),
         "query, row 1, column converted_at: cannot read 'web'"),
    ],
)  # fmt: skip
def test_a_bad_source_in_postgres_is_one_message_and_changes_nothing(
    reading: Reading, message: str, database: Database
) -> None:
    database.query(SHOP)
    with pytest.raises(InputError, match=message):
        database.load("conversions", database.uri, reading=reading)
    assert database.query('select count(*) from shop."Orders"') == [(2,)]
    assert database.query("select count(*) from pg_tables where schemaname = 'raw'") == [(0,)]


def test_a_password_is_neither_taken_from_the_uri_nor_printed(database: Database) -> None:
    for uri in ("postgresql://me:geheim@localhost/x", "postgresql://me@localhost/x?password=geheim"):
        with pytest.raises(InputError, match="Leave the password out") as refusal:
            database.load("sales", uri, reading=Reading(from_table="a"))
        assert "geheim" not in str(refusal.value)
    with pytest.raises(InputError, match="of localhost/x cannot be reached"):
        database.load("sales", "postgresql://me@localhost:1/x", reading=Reading(from_table="a"))


def test_one_column_of_odd_texts_arrives_whole(database: Database, tmp_path: Path) -> None:
    texts = ["\\.", None, "", "\\N", '"', "a,b"]
    pq.write_table(pa.table({"a": texts, "b": [b"\x00\xff"] * 6}), tmp_path / "t.parquet")
    pq.write_table(pa.table({"a": texts}), tmp_path / "one.parquet")
    database.load("one", tmp_path / "one.parquet")
    assert [row[0] for row in database.query("select a from raw.one")] == texts
    database.load("two", tmp_path / "t.parquet")
    assert [(a, bytes(b)) for a, b in database.query("select a, b from raw.two")] == [
        (text, b"\x00\xff") for text in texts
    ]


def test_sources_that_come_as_arrow_arrive_too(database: Database, tmp_path: Path) -> None:
    sheets = Path(__file__).parents[1] / "faults" / "files" / "dates_as_excel_stores_them.xlsx"
    database.load("touches", sheets)
    with duckdb.connect(tmp_path / "shop.duckdb") as connection:
        connection.execute(
            "create table t as select 't9' as touch_id, 'c' as customer_id, date '2026-03-01' as touched_at,"
            " 'email' as channel"
        )
    key, how = ["touch_id"], WhenTableExists.UPSERT
    database.load("touches", tmp_path / "shop.duckdb", existing=how, key=key)
    assert database.query("select touch_id, touched_at from raw.touches order by 1") == [
        ("t1", datetime(2026, 3, 1, 9, 30)),
        ("t2", datetime(2026, 3, 1, 9, 30)),
        ("t9", datetime(2026, 3, 1)),
    ]
