"""The adapter `postgrespython` on a small project: Python models, swaps, readers, kills, Ctrl-C."""

import os
import random
import signal
import time
from pathlib import Path

import pytest
from postgres_readers import Readers, left_over

PROJECT = Path(__file__).parent / "postgres_project"
GOOD = ["counted", "doubled", "copied", "joined"]
ROWS = 20_000
KILLS = 3


@pytest.fixture(scope="module")
def built(new_postgres):
    warehouse = new_postgres("adapter", PROJECT)
    warehouse.execute(
        "create role reader; create role reporting; create schema conversionflow",
        # as docs/postgres.md says
        "grant usage on schema conversionflow to reporting",
        "alter default privileges in schema conversionflow grant select on tables to reporting",
    )
    outcome = warehouse.dbt("run", "--select", *GOOD, "grown")
    assert outcome.code == 0, outcome.output
    return warehouse


def counts(warehouse) -> list[int]:
    return [warehouse.query(f"select count(*) from {table}")[0][0] for table in GOOD]  # noqa: S608


def test_models_in_python_read_tables_and_views(built):
    assert counts(built) == [ROWS] * 4
    assert left_over(built) == []


def test_an_incremental_python_model_adds_its_rows_and_replaces_those_of_a_key(built):
    for _ in range(2):
        assert built.dbt("run", "--select", "grown").code == 0
        rows = built.query("select number, value from grown order by number")
        assert rows == [(1, "1"), (2, None), (3, "3"), (4, None)]
    assert built.dbt("run", "--select", "grown", "--full-refresh").code == 0
    assert built.query("select number from grown order by 1") == [(1,), (2,)]


def test_a_table_that_is_built_anew_keeps_its_views_grants_and_indexes(built):
    built.execute("create view people_read as select count(*) as rows, max(run_id) as run_id from doubled")
    before = built.query("select run_id, (select run_id from counted limit 1) from people_read")
    outcome = built.dbt("run", "--select", "counted")
    assert outcome.code == 0, outcome.output
    after = built.query("select run_id, (select run_id from counted limit 1) from people_read")
    assert after[0][0] == after[0][1]
    assert after != before
    assert built.query("select has_table_privilege('reader', 'counted', 'select')") == [(True,)]
    assert built.query("select indexdef like '%(number)' from pg_indexes where tablename = 'counted'") == [
        (True,)
    ]


def test_a_reporting_role_may_read_all_and_write_nothing(built):
    for table in GOOD:
        assert built.query(f"""
            select has_table_privilege('reporting', '{table}', 'select'),
                has_table_privilege('reporting', '{table}', 'insert, update, delete, truncate')
        """) == [(True, False)]


@pytest.mark.parametrize(
    ("model", "texts"),
    [
        ("failing", ["models/failing.py, line 5", "return 1 / row", "ZeroDivisionError"]),
        ("wrong", ["models/wrong.py", "The model returned dict; it must return an Arrow table"]),
    ],
)
def test_an_error_names_the_line_of_the_models_file(built, model, texts):
    outcome = built.dbt("run", "--select", model)
    assert outcome.code == 1
    for text in texts:
        assert text in outcome.output
    assert built.query(f"select to_regclass('{model}')") == [(None,)]
    assert left_over(built) == []


def test_ctrl_c_stops_a_model_that_would_run_for_ever(built):
    process = built.start_dbt("run", "--select", "endless")
    wait_for(lambda: "the model runs" in built.log.read_text())
    os.kill(process.pid, signal.SIGINT)
    process.join(timeout=30)
    assert process.exitcode not in (None, 0)
    assert built.query("select to_regclass('endless')") == [(None,)]


def wait_for(happened, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_readers_see_no_error_and_no_partial_table_while_builds_are_killed(built):
    rng = random.Random(5)  # noqa: S311
    queries = [f"select count(*) from {table}" for table in GOOD]  # noqa: S608
    # a query of two views locks them in an order of its own
    queries.append("select count(*) from joined inner join doubled using (number)")
    with Readers(built, queries) as readers:
        for _ in range(KILLS):
            process = built.start_dbt("run", "--select", *GOOD)
            process.join(timeout=rng.uniform(1.0, 3.0))
            process.kill()
            process.join()
            assert counts(built) == [ROWS] * 4
        outcome = built.dbt("run", "--select", *GOOD)
        assert outcome.code == 0, outcome.output
    assert readers.wrong == []
    assert readers.reads > 50
    assert left_over(built) == []
