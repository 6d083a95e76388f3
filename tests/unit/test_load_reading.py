"""What any writer of CSV or JSON lines put into a file comes out of it again."""

import csv
import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conversionflow.ingest.contracts import Kind
from conversionflow.ingest.readings import PLAIN
from conversionflow.ingest.sources import Reading, open_source
from conversionflow.ingest.typed_rows import TypedRows
from conversionflow.warehouse.duckdb import prepare_reader

KINDS = {"name": Kind.TEXT, "moment": Kind.TIMESTAMP, "cost": Kind.MONEY, "clicks": Kind.COUNT}
CONNECTION = duckdb.connect()
prepare_reader(CONNECTION)
# so few rows are read faster by one
CONNECTION.execute("set threads = 1")

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
moments = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31))
amounts = st.decimals(Decimal("-1e15"), Decimal("1e15"), places=2)
counts = st.integers(-(2**63), 2**63 - 1)
records = st.tuples(texts | st.none(), moments | st.none(), amounts | st.none(), counts | st.none())
tables = st.lists(records, min_size=1, max_size=4)
often = settings(
    max_examples=1_000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def read(path: Path) -> list[tuple[object, ...]]:
    with open_source(str(path), Reading()) as source:
        rows = TypedRows(CONNECTION, source, list(KINDS), KINDS, PLAIN)
        return CONNECTION.execute(rows.sql()).fetchall()


def kept(rows: list[tuple]) -> list[tuple[object, ...]]:
    """An empty text is a missing value; that is the one thing a file does not keep apart."""
    return [(name or None, *others) for name, *others in rows]


# a lone carriage return without quotes would be a line end of its own
WRITERS = [
    {"quoting": csv.QUOTE_MINIMAL, "lineterminator": "\r\n"},
    {"quoting": csv.QUOTE_ALL, "lineterminator": "\r\n"},
    {"quoting": csv.QUOTE_ALL, "lineterminator": "\n"},
]


@often
@given(tables, st.sampled_from(",;\t|"), st.sampled_from(WRITERS))
def test_csv_comes_out_as_it_was_written(tmp_path: Path, table: list, delimiter: str, how: dict) -> None:
    path = tmp_path / "table.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, **how)
        writer.writerow(KINDS)
        writer.writerows(table)
    assert read(path) == kept(table)


@often
@given(tables)
def test_json_comes_out_as_it_was_written(tmp_path: Path, table: list) -> None:
    path = tmp_path / "table.jsonl"
    lines = [json.dumps(dict(zip(KINDS, row, strict=True)), default=str) for row in table]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert read(path) == kept(table)
