"""Local Python models for an adapter that is not Postgres: three methods are all it has to bring."""

import threading

import duckdb
import pandas as pd
import pyarrow as pa
import pytest
from dbt_common.exceptions import DbtRuntimeError

from conversionflow.warehouse.local_models import LocalModels
from conversionflow.warehouse.relations import DuckDBRelation, Relation, as_relation, to_frame

PATH = "models/some.py"
#: What dbt puts behind a model's code.
POSTFIX = """

class dbtObj:
    def __init__(self, load):
        self.ref = load

written_to = ["result", 0]
"""


class Adapter:
    def cancel_open_connections(self) -> list[str]:
        return ["a model"]


class OtherAdapter(LocalModels, Adapter):
    def __init__(self) -> None:
        self.connection = duckdb.connect()
        self.connection.execute("create table numbers as select range as number from range(5)")

    def model_session(self) -> duckdb.DuckDBPyConnection:
        return self.connection

    def read_relation(self, name: str) -> Relation:
        return DuckDBRelation(self.connection.query(f"select * from {name}"))  # noqa: S608

    def write_relation(self, name: str, rows: pa.RecordBatchReader, *, temporary: bool) -> int:
        assert not temporary
        table = rows.read_all()
        self.connection.register("rows", table)
        self.connection.execute(f"create table {name} as from rows")
        return table.num_rows

    def run(self, code: str) -> list[tuple]:
        node = {"name": "some", "original_file_path": PATH}
        self.submit_python_job(node, code + POSTFIX)
        return self.connection.execute("select * from result").fetchall()


@pytest.fixture
def adapter():
    return OtherAdapter()


@pytest.mark.parametrize(
    "result",
    [
        "dbt.ref('numbers')",
        "dbt.ref('numbers').arrow()",
        "dbt.ref('numbers').df()",
        "dbt.ref('numbers').arrow().to_reader(2)",
        "session.sql('from numbers')",
    ],
)
def test_a_model_may_return_any_kind_of_table(adapter, result):
    assert adapter.run(f"def model(dbt, session):\n    return {result}\n") == [(n,) for n in range(5)]


def test_an_error_names_the_models_line_and_keeps_its_text(adapter):
    code = "import json\n\n\ndef model(dbt, session):\n    value = json.loads('[')\n    return value\n"
    with pytest.raises(
        DbtRuntimeError, match=r"(?s)models/some.py, line 5:.*JSONDecodeError: Expecting value"
    ):
        adapter.run(code)


def test_something_that_is_no_table_is_refused(adapter):
    with pytest.raises(DbtRuntimeError, match="The model returned list; it must return an Arrow table"):
        adapter.run("def model(dbt, session):\n    return [1]\n")


def test_a_running_model_is_stopped(adapter):
    code = (
        "import time\n\n\ndef model(dbt, session):\n    session.begun.set()\n"
        "    while True:\n        time.sleep(0.001)\n"
    )
    errors = []

    class Session:
        begun = threading.Event()

    adapter.model_session = Session

    def run() -> None:
        try:
            adapter.run(code)
        except DbtRuntimeError as error:
            errors.append(str(error))

    thread = threading.Thread(target=run)
    thread.start()
    assert Session.begun.wait(timeout=10)
    assert adapter.cancel_open_connections() == ["a model"]
    thread.join(timeout=10)
    assert not thread.is_alive()
    assert "ModelCancelled" in errors[0]


def test_frames_are_the_same_whichever_way_they_come():
    connection = duckdb.connect()
    rows = connection.query("""
        select date '2025-01-01' as day, 1.10::decimal(18, 2) as money, 'a' as name, true as flag, 1 as number
        union all select null, null, null, null, null
    """)
    frame = to_frame(rows, name="a")
    assert frame["day"].tolist() == [pd.Timestamp("2025-01-01")]
    assert frame["money"].tolist() == [1.1]
    assert len(to_frame(rows)) == 2
    assert not as_relation(rows).is_empty()
    assert as_relation(rows.filter("false")).is_empty()


def test_decimals_become_the_nearest_float():
    cents = duckdb.sql("select (range / 100)::decimal(18, 2) as money from range(100000)")
    assert to_frame(cents)["money"].tolist() == [n / 100 for n in range(100_000)]
