"""Sources other than one plain CSV file, and what happens to a table that is loaded into again."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from loading import WhenTableExists, load_file

from conversionflow.core.errors import InputError
from conversionflow.ingest.load import Request, load
from conversionflow.ingest.readings import Spelling
from conversionflow.warehouse.duckdb_session import duckdb_session

FILES = Path(__file__).parents[1] / "faults" / "files"
MORNING = datetime(2026, 3, 1, 9, 30)
DAY = "sales_date,orders,revenue\n"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "warehouse.duckdb"


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_text(text, encoding=encoding, newline="")
    return path


def rows(database: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(database, read_only=True) as connection:
        return connection.execute(query).fetchall()


def many(database: Path, table: str, *files: Path | str, **request: object) -> list[bool]:
    """Load files and say of each whether it was skipped."""
    with duckdb_session(database) as session:
        loaded = load(Request(table, [str(file) for file in files], **request), session)
    return [one.skipped for one in loaded]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A DuckDB file of someone else, with a view that reads a file beside it."""
    secret = written(tmp_path / "secret.csv", "touch_id,customer_id,touched_at,channel\nx,x,2026-03-01,x\n")
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute("create schema web; create type kind as enum ('search', 'it''s')")
        connection.execute(
            """create table web."All ""Touches"" 2026" as select 1.0::double as touch_id, 'c1' as customer_id,
            timestamptz '2026-03-01 10:30:00+01' as touched_at, 'it''s'::kind as channel,
            1.5::float as weight, [1, 2] as pages"""
        )
        connection.execute(f"create view web.leak as select * from read_csv('{secret}')")  # noqa: S608
        connection.execute("create table plain as select 1 as a")
    return path


def test_a_table_of_a_duckdb_file_loads_with_the_table_s_types(shop: Path, database: Path) -> None:
    loaded = load_file("touches", shop, database, from_table='web.All "Touches" 2026')
    assert loaded.columns["weight"] == "FLOAT"
    assert rows(database, "from raw.touches") == [("1", "c1", MORNING, "it's", 1.5, [1, 2])]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("web.leak", "file system operations are disabled"),
        ("web.none", "has no table web.none.*main.plain, web.All"),
        ('plain"; drop table plain; --', "has no table"),
        (None, "more than one table.*--from-table"),
    ],
)
def test_a_duckdb_file_reaches_nothing_beyond_itself(
    table: str | None, message: str, shop: Path, database: Path
) -> None:
    before = shop.read_bytes()
    with pytest.raises(InputError, match=message):
        load_file("touches", shop, database, from_table=table)
    assert shop.read_bytes() == before
    assert not database.exists() or rows(database, "select count(*) from duckdb_tables()") == [(0,)]


def test_a_file_that_is_no_duckdb_file_is_named(tmp_path: Path, database: Path) -> None:
    with pytest.raises(InputError, match=r"x\.duckdb cannot be opened as a DuckDB file"):
        load_file("touches", written(tmp_path / "x.duckdb", "touch_id\n" * 9), database)


def test_a_sheet_and_a_range_are_found(database: Path) -> None:
    load_file("touches", FILES / "two_sheets.xlsx", database, sheet="Touches")
    assert rows(database, "select touch_id from raw.touches") == [("t1",)]
    title = FILES / "title_above_the_table.xlsx"
    load_file("touches", title, database, cells="a3:D4", existing=WhenTableExists.REPLACE)
    assert rows(database, "from raw.touches") == [("t1", "c1", MORNING, "search")]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sheet": "Touchez"}, "has no sheet 'Touchez'. It has Touches, Other"),
        ({"sheet": "Touches", "cells": "A"}, "'A' is not a range"),
        ({"sheet": "Touches", "cells": "F9:H10"}, "has no cells with values in F9:H10"),
        ({"encoding": "utf-8"}, "--encoding does not concern"),
        ({"query": "select 1"}, "--query does not concern"),
    ],
)
def test_an_option_that_does_not_fit_a_workbook_is_refused(
    options: dict[str, str], message: str, database: Path
) -> None:
    with pytest.raises(InputError, match=message):
        load_file("touches", FILES / "two_sheets.xlsx", database, **options)


def test_an_encoding_is_named(tmp_path: Path, database: Path) -> None:
    file = written(tmp_path / "a.csv", "name,price\nMüller,3 €\n", "windows-1252")
    load_file("shops", file, database, encoding="windows-1252")
    assert rows(database, "from raw.shops") == [("Müller", "3 €")]
    with pytest.raises(InputError, match="no encoding 'klingon'"):
        load_file("others", file, database, encoding="klingon")


def test_marks_and_dates_of_other_countries(tmp_path: Path, database: Path) -> None:
    text = "Tag;channel;spend;clicks\n31.12.2025;search;-1.234.567,50;1.000\n01.01.2026;search;0,5;2\n"
    file = written(tmp_path / "a.csv", text)
    spelling = Spelling(decimal_mark=",", date_format="%d.%m.%Y")
    load_file("spend", file, database, mapping={"spend_date": "Tag"}, spelling=spelling)
    assert rows(database, "from raw.spend") == [
        (date(2025, 12, 31), "search", Decimal("-1234567.50"), 1000),
        (date(2026, 1, 1), "search", Decimal("0.50"), 2),
    ]
    for value in ("1.23", "1,5,0", "12.34.567", "1.5"):
        bad = written(tmp_path / "b.csv", f"spend_date;channel;spend\n01.01.2026;search;{value}\n")
        with pytest.raises(InputError, match=f"cannot read '{value}'"):
            load_file("spend", bad, database, spelling=spelling, existing=WhenTableExists.REPLACE)
    american = Spelling(decimal_mark=".", date_format="%m/%d/%y")
    us = written(tmp_path / "c.csv", 'spend_date,channel,spend\n12/31/25,search,"1,234.5"\n')
    load_file("spend", us, database, spelling=american, existing=WhenTableExists.REPLACE)
    assert rows(database, "from raw.spend") == [(date(2025, 12, 31), "search", Decimal("1234.50"))]
    with pytest.raises(InputError, match="Expected a date written as %m/%d/%y"):
        load_file("spend", bad, database, spelling=american, existing=WhenTableExists.REPLACE)


def test_a_pattern_stands_for_its_files(tmp_path: Path, database: Path) -> None:
    for day in (2, 1):
        written(tmp_path / f"sales_{day}.csv", f"{DAY}2026-03-0{day},{day},1\n")
    assert many(database, "sales", tmp_path / "sales_*.csv", tmp_path / "sales_1.csv") == [False, False]
    assert rows(database, "select orders from raw.sales order by rowid") == [(1,), (2,)]
    with pytest.raises(InputError, match=r"No file fits .*none_\*"):
        many(database, "sales", tmp_path / "none_*.csv")


def test_files_that_make_a_table_do_so_together(tmp_path: Path, database: Path) -> None:
    good = written(tmp_path / "a.csv", DAY + "2026-03-01,1,1\n")
    bad = written(tmp_path / "b.csv", DAY + "2026-03-02,x,1\n")
    with pytest.raises(InputError, match=r"b\.csv, line 2"):
        many(database, "sales", good, bad)
    assert rows(database, "select count(*) from duckdb_tables()") == [(0,)]
    many(database, "sales", good)
    with pytest.raises(InputError, match=r"b\.csv, line 2"):
        many(database, "sales", good, bad, existing=WhenTableExists.REPLACE)
    assert many(database, "sales", good) == [True]
    more = written(tmp_path / "c.csv", DAY + "2026-03-03,3,1\n")
    with pytest.raises(InputError, match=r"b\.csv, line 2"):
        many(database, "sales", more, bad, existing=WhenTableExists.APPEND)
    assert rows(database, "select orders from raw.sales order by 1") == [(1,), (3,)]
    assert rows(database, "select table_name, mode, loaded_rows from raw.load_history order by 2") == [
        ("sales", "append", 1),
        ("sales", "refuse", 1),
    ]
    assert rows(database, "select distinct reading from raw.load_history") == [("{}",)]


def test_the_same_content_is_loaded_once(tmp_path: Path, database: Path) -> None:
    first = written(tmp_path / "a.csv", DAY + "2026-03-01,1,1\n")
    copy = written(tmp_path / "copy.csv", DAY + "2026-03-01,1,1\n")
    other = written(tmp_path / "b.csv", DAY + "2026-03-02,2,1\n")
    append, replace = WhenTableExists.APPEND, WhenTableExists.REPLACE
    assert many(database, "sales", first, copy, existing=append) == [False, True]
    assert many(database, "sales", first, existing=append, again=True) == [False]
    assert rows(database, "select count(*) from raw.sales") == [(2,)]
    assert many(database, "sales", first, existing=replace) == [False]
    assert many(database, "sales", first, existing=replace) == [True]
    assert many(database, "sales", other, existing=replace) == [False]
    assert many(database, "sales", first, existing=replace) == [False]
    assert many(database, "copies", first) == [False]
    with duckdb.connect(database) as connection:
        connection.execute("drop table raw.sales")
    assert many(database, "sales", first, existing=append) == [False]
    assert rows(database, "select count(*) from raw.sales") == [(1,)]


def test_another_sheet_or_mapping_of_the_same_file_is_another_load(tmp_path: Path, database: Path) -> None:
    file = written(tmp_path / "a.csv", "a,b\n1,2\n")
    load_file("points", file, database)
    mapped = load_file(
        "points", file, database, mapping={"a": "b", "b": "a"}, existing=WhenTableExists.APPEND
    )
    assert not mapped.skipped
    assert rows(database, "from raw.points order by 1") == [(1, 2), (2, 1)]


def upserted(database: Path, file: Path, *key: str) -> tuple[int, int]:
    loaded = load_file("sales", file, database, existing=WhenTableExists.UPSERT, key=key)
    return loaded.rows, loaded.updated


def test_an_upsert_replaces_rows_of_the_same_key(tmp_path: Path, database: Path) -> None:
    text = "sales_date,market,orders,revenue\n"
    first = written(tmp_path / "a.csv", text + "2026-03-01,it,1,1\n2026-03-01,es,2,2\n")
    assert upserted(database, first, "sales_date", "market") == (2, 0)
    later = written(tmp_path / "b.csv", text + "2026-03-01,es,5,5\n2026-03-02,es,6,6\n")
    assert upserted(database, later, "sales_date", "market") == (2, 1)
    assert rows(database, "select market, orders from raw.sales order by sales_date, orders") == [
        ("it", 1),
        ("es", 5),
        ("es", 6),
    ]


@pytest.mark.parametrize(
    ("lines", "key", "message"),
    [
        ("2026-03-01,,1,1\n", "market", "line 2: the key market has no value"),
        ("2026-03-01,it,1,1\n2026-03-02,es,1,1\n2026-03-03,it,1,1\n", "market",
         "line 2 and line 4: more than one row has the key market 'it'"),
        ("2026-03-01,it,1,1\n", "country", "has no column country for the key"),
    ],
)  # fmt: skip
def test_a_key_that_does_not_tell_rows_apart_is_refused(
    lines: str, key: str, message: str, tmp_path: Path, database: Path
) -> None:
    file = written(tmp_path / "a.csv", "sales_date,market,orders,revenue\n" + lines)
    with pytest.raises(InputError, match=message):
        upserted(database, file, key)
    assert rows(database, "select count(*) from duckdb_tables()") == [(0,)]


def test_the_record_of_loads_is_no_table_to_load_into(tmp_path: Path, database: Path) -> None:
    file = written(tmp_path / "a.csv", "a\n1\n")
    with pytest.raises(InputError, match="Choose another name"):
        load_file("load_history", file, database)
    with pytest.raises(InputError, match="An upsert needs the key columns"):
        load_file("t", file, database, existing=WhenTableExists.UPSERT)


def test_json_lines_keep_numbers_objects_and_odd_keys(tmp_path: Path, database: Path) -> None:
    lines = (
        '{"id": 12345678901234567890, "a/b": "x", "m~n": 1.5, "q\\"": true, "list": [1, {"a": null}]}\n'
        '{"$.id": "007", "id": 1}\n'
    )
    load_file("things", written(tmp_path / "a.jsonl", lines), database)
    assert rows(database, "from raw.things order by id desc") == [
        ("12345678901234567890", "x", 1.5, True, '[1,{"a":null}]', None),
        ("1", None, None, None, None, "007"),
    ]
