"""Every file in `files/` either loads exactly as said here or is refused with the words said here."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from loading import WhenTableExists, load_file

from conversionflow.core.errors import InputError

FILES = Path(__file__).parent / "files"
MORNING = datetime(2026, 3, 1, 9, 30)
QUERIES = {
    "touches": "select touch_id, customer_id, touched_at, channel from raw.touches order by 1 nulls first",
    "spend": "select cast(spend_date as varchar), spend from raw.spend order by 1",
}

REFUSED = {
    "missing_column.csv": ("needs the column touched_at", "touch_time", "--map touched_at=touch_time"),
    "unreadable_date_on_line_4.csv": ("line 4, column touched_at", "'yesterday'", "ISO 8601"),
    "two_date_formats.csv": ("line 3, column touched_at", "'01/03/2026 09:30'", "1 more"),
    "impossible_date.csv": ("line 3, column touched_at", "'2026-02-30 09:30:00'"),
    "ragged_row.csv": ("line 3 has 3 columns, the header has 4",),
    "too_many_fields.csv": ("line 3 has 5 columns, the header has 4",),
    "header_with_another_delimiter.csv": ("line 2 has 1 columns, the header has 4",),
    "latin1_on_line_3.csv": ("line 3 is not UTF-8",),
    "nul_byte_at_the_start.csv": ("not a text file", "line 2 has NUL bytes"),
    "nul_byte_far_down.csv": ("line 2001, column customer_id", "without NUL characters"),
    "header_only.csv": ("has a header but no rows",),
    "empty.csv": ("is empty",),
    "blank_lines_only.csv": ("line 1 is blank",),
    "duplicate_header.csv": ("'channel' and 'Channel' would both be channel",),
    "quoted_line_break_before_the_bad_line.csv": ("line 8, column touched_at", "'soon'"),
    "unclosed_quote.csv": ("a quote is misplaced in the record that begins on line 3",),
    "unclosed_quote_after_a_long_record.csv": ("a quote is misplaced in the record that begins on line 6",),
    "misplaced_quote.csv": ("a quote is misplaced in the record that begins on line 3",),
    "mixed_line_ends.csv": (r"line 3 ends in '\r\n', the lines before it in '\n'",),
    "thousands_separator.csv": ("line 3, column spend", "'1,234.50'", "without thousands separator"),
    "decimal_comma.csv": ("line 2, column spend", "'12,50'", "decimal point"),
    "three_decimals.csv": ("line 3, column spend", "'12.505'", "at most two decimals", "--round-money"),
    "time_of_day_in_a_date.csv": ("line 3, column spend_date", "'2026-03-02 17:00:00'", "without a time"),
    "two_digit_year.csv": ("line 2, column spend_date", "'26-03-01'", "ISO 8601"),
    "not_a_number.csv": ("line 2, column spend", "'NaN'"),
    "fraction_of_a_click.csv": ("line 3, column clicks", "'2.5'", "whole number"),
    "amount_too_large.csv": ("line 2, column spend", "'12345678901234567.89'"),
    "binary.csv": ("is not a text file",),
    "truncated.parquet": ("is not a whole Parquet file",),
    "text_named.parquet": ("is not a whole Parquet file",),
    "parquet_named.csv": ("a Parquet file", "name it .parquet"),
    "unreadable_date_in_row_3.parquet": ("row 3, column touched_at", "'noon'"),
    "list_for_an_id.parquet": ("column customer_id", "VARCHAR[]"),
    "truncated.csv.gz": ("cut off",),
    "notes.txt": ("should end in one of .csv",),
    "preamble.csv": ("needs the columns touch_id", "the file has report, march_2026"),
    "total_in_the_last_line.csv": ("line 3 has 2 columns, the header has 4",),
    "total_that_fits.csv": ("line 3, column spend_date", "'Total'"),
    "smart_quotes.csv": ("line 2, column spend", "'“1.00”'"),
    "currency_sign.csv": ("line 2, column spend", "'€1.00'", "or currency"),
    "percent.csv": ("line 2, column orders", "'5%'"),
    "mixed_types.csv": ("line 3, column orders", "'two'", "whole number"),
    "windows_1252.csv": ("line 2 is not UTF-8", "--encoding windows-1252"),
    "utf16_without_mark.csv": ("line 1 has NUL bytes", "--encoding utf-16-le"),
    "utf16_cut_off.csv": ("is not in utf-16", "truncated data"),
    "gzip_of_nothing.csv.gz": ("is empty",),
    "excel_named.csv": ("an Excel file .xlsx",),
    "csv_named.xlsx": ("is not a whole Excel workbook",),
    "truncated.xlsx": ("is not a whole Excel workbook",),
    "merged_cells.xlsx": ("sheet Touches, cells D2:D3 are merged", "Unmerge"),
    "formula_never_calculated.xlsx": (
        "sheet Touches, cell D3",
        "formula has no result",
        "Open the file in Excel",
    ),
    "error_in_a_cell.xlsx": ("sheet Touches, cell D3", "#N/A"),
    "empty_sheet.xlsx": ("is empty",),
    "header_only.xlsx": ("has a header but no rows",),
    "two_sheets.xlsx": ("several sheets", "--sheet: Touches, Other"),
    "title_above_the_table.xlsx": ("cell B3: there is a value but no name", "--range"),
    "value_beyond_the_header.xlsx": ("cell E2: there is a value but no name",),
    "text_for_a_date.xlsx": ("row 3, column touched_at", "'1 March'"),
    "number_for_a_date.xlsx": ("row 3, column touched_at", "'46082'"),
    "cut_off_line.jsonl": ("line 3, column 41 is not JSON",),
    "array.jsonl": ("line 1 is a JSON array", "a line of its own"),
    "a_number_for_an_object.jsonl": ("line 2 is not a JSON object: '5'",),
    "unreadable_date_on_line_3.jsonl": ("line 3, column touched_at", "'year-03-01T09:30:00Z'"),
    "missing_key.jsonl": ("needs the column channel", "--map channel=chanel"),
    "keys_that_differ_in_case.jsonl": ("'channel' and 'Channel' would both be channel",),
    "blank.jsonl": ("no line with an object",),
    "latin1.jsonl": ("line 1 is not UTF-8", "--encoding"),
    "truncated.jsonl.gz": ("cut off",),
}

ONE_TOUCH = [("t1", "c1", MORNING, "search")]
TWO_TOUCHES = [*ONE_TOUCH, ("t2", "c2", MORNING, "search")]
LOADED = {
    "byte_order_mark.csv": ONE_TOUCH,
    "plain_text_named.csv.gz": ONE_TOUCH,
    "semicolons.csv": TWO_TOUCHES,
    "utf16.csv": ONE_TOUCH,
    "utf16_big_endian.csv": ONE_TOUCH,
    "tabs.tsv": ONE_TOUCH,
    "bars.csv": ONE_TOUCH,
    "semicolons_and_a_comma_in_the_header.csv": ONE_TOUCH,
    "trailing_delimiter.csv": ONE_TOUCH,
    "old_mac_line_ends.csv": ONE_TOUCH,
    "no_line_end_at_the_end.csv": ONE_TOUCH,
    "three_hundred_columns.csv": ONE_TOUCH,
    "dates_as_excel_stores_them.xlsx": TWO_TOUCHES,
    "dates_since_1904.xlsx": ONE_TOUCH,
    "formula_calculated.xlsx": TWO_TOUCHES,
    "number_for_an_id.xlsx": [*ONE_TOUCH, ("t2", "12", MORNING, "search")],
    "lines.jsonl": TWO_TOUCHES,
    "mark_before_json.jsonl": ONE_TOUCH,
    "nested.jsonl": [("t1", '{"id":5}', MORNING, "search")],
    "windows_line_ends.csv": TWO_TOUCHES,
    "missing_values.csv": [(None, "c1", MORNING, "search"), ("t2", None, None, None)],
    "offsets.csv": [
        ("t1", "c1", datetime(2026, 3, 1, 7, 30), "search"),
        ("t2", "c2", MORNING, "search"),
        ("t3", "c3", datetime(2026, 3, 1, 15, 0, 0, 250_000), "search"),
        ("t4", "c4", datetime(2026, 3, 1), "search"),
    ],
    "negative_spend.csv": [("2026-03-01", Decimal("-3.25")), ("2026-03-02", Decimal("4.00"))],
    "trailing_zeros_and_float_noise.csv": [
        ("2026-03-01", Decimal("12.50")),
        ("2026-03-02", Decimal("0.30")),
    ],
}


def table_of(name: str) -> str:
    """The files that begin with a header of spend or sales are that, the rest touches."""
    begin = (FILES / name).read_bytes()[:10]
    return {b"spend_date": "spend", b"sales_date": "sales"}.get(begin, "touches")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A warehouse with a row in each table, which a refused file must not touch."""
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute("create schema raw")
        connection.execute("create table raw.touches as select 'kept' as touch_id")
        connection.execute("create table raw.spend as select 'kept' as spend_date")
        connection.execute("create table raw.sales as select 'kept' as sales_date")
    return path


def rows(database: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(database, read_only=True) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_file_is_refused_and_changes_nothing(name: str, database: Path) -> None:
    with pytest.raises(InputError) as refusal:
        load_file(table_of(name), FILES / name, database, existing=WhenTableExists.REPLACE)
    message = str(refusal.value)
    assert name in message
    assert [part for part in REFUSED[name] if part not in message] == [], message
    for table in ("touches", "spend", "sales"):
        assert rows(database, f"from raw.{table}") == [("kept",)]
    assert rows(database, "select count(*) from duckdb_tables()") == [(3,)]


@pytest.mark.parametrize("name", LOADED)
def test_an_odd_but_sound_file_loads_row_for_row(name: str, database: Path) -> None:
    table = table_of(name)
    loaded = load_file(table, FILES / name, database, existing=WhenTableExists.REPLACE)
    assert loaded.rows == len(LOADED[name])
    assert rows(database, QUERIES[table]) == LOADED[name]


def test_every_file_has_a_verdict() -> None:
    assert {path.name for path in FILES.iterdir()} == {*REFUSED, *LOADED}
