import gzip
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from loading import Loaded, WhenTableExists, load_file

from conversionflow.core.errors import InputError
from conversionflow.ingest.contracts import CONTRACTS, Kind
from conversionflow.ingest.readings import PLAIN, Spelling, reading
from conversionflow.warehouse.duckdb import database_path

HEADER = "touch_id,customer_id,touched_at,channel\n"
TOUCH = "t1,c1,2026-03-01 09:30:00,search\n"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "warehouse.duckdb"


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", newline="")
    return path


def rows(database: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(database, read_only=True) as connection:
        return connection.execute(query).fetchall()


def read(kind: Kind, text: str, spelling: Spelling = PLAIN) -> object:
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'America/New_York'")
        texts = connection.sql("select $1 as value", params=[text])
        [(value,)] = texts.project(reading(kind, "value", spelling)).fetchall()
    return value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-01 09:30:00", datetime(2026, 3, 1, 9, 30)),
        ("2026-03-01T09:30:00", datetime(2026, 3, 1, 9, 30)),
        ("2026-03-01 09:30", datetime(2026, 3, 1, 9, 30)),
        ("2026-03-01", datetime(2026, 3, 1)),
        ("2026-03-01T09:30:00Z", datetime(2026, 3, 1, 9, 30)),
        ("2026-03-01 09:30:00 UTC", datetime(2026, 3, 1, 9, 30)),
        ("2026-03-01 09:30:00+02:00", datetime(2026, 3, 1, 7, 30)),
        ("2026-03-01 00:30:00+0100", datetime(2026, 2, 28, 23, 30)),
        ("2026-03-01 09:30:00.123456-05", datetime(2026, 3, 1, 14, 30, 0, 123456)),
        ("01/03/2026", None),
        ("26-03-01 09:30:00", None),
        ("-026-03-01 09:30:00", None),
        ("2026-03-01 25:30:00", None),
        ("infinity", None),
        ("epoch", None),
        ("1772357400", None),
    ],
)
def test_a_time_is_read_in_utc_whatever_the_session_s_zone(text: str, expected: object) -> None:
    assert read(Kind.TIMESTAMP, text) == expected


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (Kind.DATE, "2026-03-01", date(2026, 3, 1)),
        (Kind.DATE, "2026-03-01 00:00:00", date(2026, 3, 1)),
        (Kind.DATE, "2026-03-01 00:00:01", None),
        (Kind.DATE, "2026-03-01 00:00:00+02:00", None),
        (Kind.MONEY, "12.5", Decimal("12.50")),
        (Kind.MONEY, "1e3", Decimal("1000.00")),
        (Kind.MONEY, "-0.01", Decimal("-0.01")),
        (Kind.MONEY, "0.005", None),
        (Kind.MONEY, "12.000001", None),
        (Kind.MONEY, "1_000", None),
        (Kind.MONEY, "$5", None),
        (Kind.COUNT, "3.0", 3),
        (Kind.COUNT, "1.5", None),
        (Kind.COUNT, "0x1F", None),
        (Kind.COUNT, "9223372036854775807", 2**63 - 1),
        (Kind.COUNT, "9223372036854775808", None),
        (Kind.NUMBER, "0.125", 0.125),
        (Kind.NUMBER, "inf", None),
        (Kind.NUMBER, "nan", None),
        (Kind.NUMBER, "1e999", None),
        (Kind.BOOLEAN, "TRUE", True),
        (Kind.BOOLEAN, "1", None),
        (Kind.TEXT, "a\x00b", None),
        (Kind.TEXT, " a ", " a "),
    ],
)
def test_a_value_is_read_whole_or_not_at_all(kind: Kind, text: str, expected: object) -> None:
    assert read(kind, text) == expected


def test_rounding_money_is_half_away_from_zero() -> None:
    assert [read(Kind.MONEY, text, Spelling(round_money=True)) for text in ("0.005", "-0.005", "0.0049")] == [
        Decimal("0.01"),
        Decimal("-0.01"),
        Decimal("0.00"),
    ]


@pytest.mark.parametrize("table", CONTRACTS)
def test_every_contract_table_loads_with_the_contract_s_types(
    table: str, tmp_path: Path, database: Path
) -> None:
    sample = {
        Kind.TEXT: "x",
        Kind.TIMESTAMP: "2026-03-01",
        Kind.DATE: "2026-03-01",
        Kind.MONEY: "1.25",
        Kind.COUNT: "2",
        Kind.NUMBER: "0.5",
    }
    columns = CONTRACTS[table].columns
    line = ",".join(sample[kind] for kind in columns.values())
    loaded = load_file(table, written(tmp_path / "one.csv", f"{','.join(columns)}\n{line}\n"), database)
    assert loaded.columns == {name: kind.value for name, kind in columns.items()}
    assert loaded.rows == 1


def test_optional_columns_may_be_absent_but_required_ones_not(tmp_path: Path, database: Path) -> None:
    file = written(tmp_path / "sales.csv", "sales_date,orders,revenue\n2026-03-01,1,2\n")
    assert "market" not in load_file("sales", file, database).columns
    file = written(tmp_path / "sales.csv", "sales_date,revenue\n2026-03-01,2\n")
    with pytest.raises(InputError, match="needs the column orders"):
        load_file("sales", file, database, existing=WhenTableExists.REPLACE)


def loaded_extras(tmp_path: Path, database: Path, values: dict[str, list[str]]) -> Loaded:
    lines = [",".join(values), *(",".join(line) for line in zip(*values.values(), strict=True))]
    return load_file("events", written(tmp_path / "events.csv", "\n".join(lines) + "\n"), database)


def test_a_column_of_no_contract_has_the_type_of_all_its_values(tmp_path: Path, database: Path) -> None:
    # The odd value comes last, beyond what a sample would see.
    many = 30_000
    loaded = loaded_extras(
        tmp_path,
        database,
        {
            "whole": ["1"] * many + ["2"],
            "fraction": ["1"] * many + ["2.5"],
            "code": ["1"] * many + ["007"],
            "long_number": ["1"] * many + ["12345678901234567890"],
            "word": ["1"] * many + ["one"],
            "flag": ["true"] * many + ["false"],
            "day": ["2026-03-01"] * many + ["2026-03-02"],
            "moment": ["2026-03-01"] * many + ["2026-03-02 10:00:00"],
            "nothing": [""] * (many + 1),
        },
    )
    assert loaded.columns == {
        "whole": "BIGINT",
        "fraction": "DOUBLE",
        "code": "VARCHAR",
        "long_number": "VARCHAR",
        "word": "VARCHAR",
        "flag": "BOOLEAN",
        "day": "DATE",
        "moment": "TIMESTAMP",
        "nothing": "VARCHAR",
    }
    assert rows(database, "select sum(fraction), max(code) from raw.events") == [(many + 2.5, "1")]


def test_column_names_become_identifiers(tmp_path: Path, database: Path) -> None:
    loaded = loaded_extras(
        tmp_path, database, {"Spend (USD)": ["1"], "2nd": ["1"], "": ["1"], "Città": ["1"]}
    )
    assert list(loaded.columns) == ["spend_usd_", "_2nd", "column_3", "citt_"]


def test_map_renames_and_keeps_the_other_columns(tmp_path: Path, database: Path) -> None:
    text = "id,user,Event Time,source,page\n1,u,2026-03-01,search,home\n"
    load_file(
        "touches",
        written(tmp_path / "clicks.csv", text),
        database,
        mapping={"touch_id": "id", "customer_id": "user", "touched_at": "Event Time", "channel": "source"},
    )
    assert rows(database, "select touch_id, customer_id, touched_at, channel, page from raw.touches") == [
        ("1", "u", datetime(2026, 3, 1), "search", "home")
    ]


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"touched": "touched_at"}, "touches has no column touched .did you mean touched_at"),
        ({"market": "countri"}, "has no column 'countri' .did you mean country"),
        ({"touch_id": "customer_id"}, "'touch_id' and 'customer_id' would both be touch_id"),
        ({"Market": "country"}, "'Market' cannot be the name of a column"),
    ],
)
def test_a_wrong_map_is_refused(
    mapping: dict[str, str], message: str, tmp_path: Path, database: Path
) -> None:
    text = HEADER.replace("\n", ",country\n") + TOUCH.replace("\n", ",it\n")
    with pytest.raises(InputError, match=message):
        load_file("touches", written(tmp_path / "t.csv", text), database, mapping=mapping)


def test_a_table_with_rows_is_refused_replaced_or_appended_to(tmp_path: Path, database: Path) -> None:
    file = written(tmp_path / "t.csv", HEADER + TOUCH)
    load_file("touches", file, database)
    reordered = written(
        tmp_path / "u.csv", "channel,touched_at,customer_id,touch_id\nsearch,2026-03-02,c2,t2\n"
    )
    with pytest.raises(InputError, match=r"1 rows already.*--replace, --append"):
        load_file("touches", reordered, database)
    assert load_file("touches", reordered, database, existing=WhenTableExists.APPEND).rows == 1
    ids = "select touch_id, customer_id, channel from raw.touches order by touch_id"
    assert rows(database, ids) == [("t1", "c1", "search"), ("t2", "c2", "search")]
    load_file("touches", reordered, database, existing=WhenTableExists.REPLACE)
    assert rows(database, ids) == [("t2", "c2", "search")]


def test_append_refuses_other_columns_and_types(tmp_path: Path, database: Path) -> None:
    load_file("touches", written(tmp_path / "t.csv", HEADER[:-1] + ",n\n" + TOUCH[:-1] + ",1\n"), database)
    more = written(tmp_path / "u.csv", HEADER[:-1] + ",page\n" + TOUCH[:-1] + ",home\n")
    with pytest.raises(InputError, match="n is not in the file; page is not in the table"):
        load_file("touches", more, database, existing=WhenTableExists.APPEND)
    word = written(tmp_path / "v.csv", HEADER[:-1] + ",n\n" + TOUCH[:-1] + ",one\n")
    with pytest.raises(InputError, match=r"line 2, column n: cannot read 'one'\. Expected a whole number"):
        load_file("touches", word, database, existing=WhenTableExists.APPEND)
    typed = tmp_path / "w.parquet"
    pq.write_table(pa.table({"code": [1]}), typed)
    load_file("codes", typed, database)
    pq.write_table(pa.table({"code": pa.array([1.5])}), typed)
    with pytest.raises(InputError, match=r"row 1, column code: cannot read '1\.5'"):
        load_file("codes", typed, database, existing=WhenTableExists.APPEND)
    assert rows(database, "select count(*) from raw.touches") == [(1,)]


def test_a_view_is_not_written_over(tmp_path: Path, database: Path) -> None:
    with duckdb.connect(database) as connection:
        connection.execute("create schema raw; create view raw.touches as select 1 as touch_id")
    with pytest.raises(InputError, match="is a view"):
        load_file("touches", written(tmp_path / "t.csv", HEADER + TOUCH), database)


@pytest.mark.parametrize(
    "name", ["touch[1].csv", "all*.csv", "what?.csv", "it's.csv", 'double".csv', "a;b.csv"]
)
def test_a_file_s_name_is_neither_a_pattern_nor_sql(name: str, tmp_path: Path, database: Path) -> None:
    written(tmp_path / "all-others.csv", HEADER + TOUCH + TOUCH)
    assert load_file("touches", written(tmp_path / name, HEADER + TOUCH), database).rows == 1


def test_a_gzip_file_loads_and_names_the_line(tmp_path: Path, database: Path) -> None:
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress((HEADER + TOUCH).encode()))
    assert load_file("touches", path, database).rows == 1
    path.write_bytes(gzip.compress((HEADER + TOUCH + TOUCH.replace("2026", "then")).encode()))
    with pytest.raises(InputError, match="line 3, column touched_at"):
        load_file("touches", path, database, existing=WhenTableExists.REPLACE)


def test_the_first_of_many_bad_values_in_a_long_file_is_named(tmp_path: Path, database: Path) -> None:
    # Long enough for DuckDB to read the file in several pieces at once.
    good, bad = TOUCH, TOUCH.replace("09:30", "09h30")
    text = HEADER + good * 600_000 + bad + good * 300_000 + bad
    with pytest.raises(InputError, match=r"line 600002, column touched_at.* 1 more of the file's values"):
        load_file("touches", written(tmp_path / "t.csv", text), database)
    assert rows(database, "select count(*) from duckdb_tables()") == [(0,)]


def test_parquet_types_become_the_contract_s(tmp_path: Path, database: Path) -> None:
    path = tmp_path / "t.parquet"
    rome = pa.array([datetime(2026, 3, 1, 8, 30)], pa.timestamp("us", tz="Europe/Rome"))
    columns = {
        "touch_id": pa.array([7], pa.int64()),
        "customer_id": pa.array([12.0]),
        "touched_at": rome,
        "channel": pa.array(["search"]).dictionary_encode(),
        "campaign": pa.array([""]),
        "cost": pa.array([0.1 + 0.2]),
        "tags": pa.array([["a", "b"]]),
    }
    pq.write_table(pa.table(columns), path)
    loaded = load_file("touches", path, database)
    assert rows(database, "from raw.touches") == [
        ("7", "12", datetime(2026, 3, 1, 8, 30), "search", None, Decimal("0.30"), ["a", "b"])
    ]
    assert loaded.columns["tags"] == "VARCHAR[]"


def test_a_directory_and_a_missing_file_are_named(tmp_path: Path, database: Path) -> None:
    with pytest.raises(InputError, match="is not a file"):
        load_file("touches", tmp_path, database)
    with pytest.raises(InputError, match="There is no file"):
        load_file("touches", tmp_path / "none.csv", database)


@pytest.mark.parametrize("name", ["Touches", "a-b", 'x"; drop table y', "", "a" * 64, "1st"])
def test_names_that_need_quoting_are_refused(name: str, tmp_path: Path, database: Path) -> None:
    file = written(tmp_path / "t.csv", HEADER + TOUCH)
    with pytest.raises(InputError, match="cannot be the name of a table"):
        load_file(name, file, database)
    with pytest.raises(InputError, match="cannot be the name of a schema"):
        load_file("touches", file, database, schema=name)


def test_the_database_is_the_option_then_the_environment_then_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = tmp_path / "project" / "models"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    monkeypatch.delenv("CONVERSIONFLOW_DUCKDB_PATH", raising=False)
    assert database_path() == inner / "conversionflow.duckdb"
    (tmp_path / "project" / "dbt_project.yml").touch()
    assert database_path() == tmp_path / "project" / "conversionflow.duckdb"
    monkeypatch.setenv("CONVERSIONFLOW_DUCKDB_PATH", "other.duckdb")
    assert database_path() == inner / "other.duckdb"
    assert database_path(Path("third.duckdb")) == inner / "third.duckdb"
