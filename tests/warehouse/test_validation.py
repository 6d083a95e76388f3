import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from conversionflow.core.errors import SettingsError
from conversionflow.validation import Expectation, Severity, Suite, load_suites, run_suites

FOLDER = Path(__file__).parents[2] / "expectations"
SUITES = {suite.name: suite for suite in load_suites(FOLDER)}

# Ten thousand rows: one is 0.01 %, twenty are 0.2 %, six hundred are 6 %.
GOOD = {
    "raw_touches": """
        select
            't' || i as touch_id,
            'c' || i % 500 as customer_id,
            timestamp '2026-01-01' + to_seconds(i) as touched_at,
            'search' as channel,
            cast(null as text) as campaign,
            'it' as market,
            'click' as interaction,
            cast(0.5 as decimal(18, 2)) as cost,
            'search' as touchpoint
        from range(10000) as rows (i)
    """,
    "raw_conversions": """
        select
            'k' || i as conversion_id,
            'c' || i % 500 as customer_id,
            timestamp '2026-01-01' + to_seconds(i) as converted_at,
            cast(20 as decimal(18, 2)) as revenue,
            'order' as conversion_type,
            'it' as market
        from range(10000) as rows (i)
    """,
    "raw_spend": """
        select
            date '2000-01-01' + cast(i % 5000 as int) as spend_date,
            'search' as channel,
            cast(null as text) as campaign,
            case when i < 5000 then 'it' else 'es' end as market,
            cast(5 as decimal(18, 2)) as spend,
            cast(10 as bigint) as impressions,
            cast(1 as bigint) as clicks,
            'search' as touchpoint
        from range(10000) as rows (i)
    """,
    "raw_sales": """
        select
            date '2000-01-01' + cast(i % 5000 as int) as sales_date,
            case when i < 5000 then 'it' else 'es' end as market,
            cast(100 as bigint) as orders,
            cast(5000 as decimal(18, 2)) as revenue
        from range(10000) as rows (i)
    """,
    "raw_path_counts": """
        select
            'search > touchpoint_' || i as path,
            cast(i % 7 as bigint) as conversions,
            cast(20 * (i % 7) as decimal(18, 2)) as revenue,
            cast(3 as bigint) as non_conversions
        from range(10000) as rows (i)
    """,
    "budget_plan": """
        select
            'fixed_budget' as scenario,
            'it' as market,
            'touchpoint_' || i as touchpoint,
            cast(100 as decimal(18, 2)) as current_spend,
            cast(case i when 0 then 90.01 when 1 then 109.99 else 100 end as decimal(18, 2))
                as recommended_spend,
            cast(50 as decimal(18, 2)) as min_spend,
            cast(200 as decimal(18, 2)) as max_spend,
            10.0::double as conversions_current,
            10.5::double as conversions_recommended,
            cast(300 as decimal(18, 2)) as total_budget
        from range(3) as rows (i)
    """,
}

# For each expectation a statement that breaks it.
TWENTY, MANY = "rowid < 20", "rowid < 600"


def nulls(column: str, where: str) -> str:
    return sets(column, "null", where)


def sets(column: str, value: str, where: str) -> str:
    return f"update broken set {column} = {value} where {where}"  # noqa: S608


def present(column: str) -> dict[str, str]:
    return {f"{column}_mostly_present": nulls(column, MANY), f"{column}_present": nulls(column, TWENTY)}


def unique(column: str) -> dict[str, str]:
    return {
        f"{column}_mostly_unique": sets(column, "'same'", MANY),
        f"{column}_unique": sets(column, "'same'", TWENTY),
    }


TWICE = "insert into broken select * from broken where rowid = 1"
EMPTY = "delete from broken"
NO_ROWS = "expect_table_row_count_to_be_between"

BREAKS: dict[str, dict[str, str]] = {
    "raw_touches": {
        NO_ROWS: EMPTY,
        **present("touch_id"),
        **present("customer_id"),
        **present("touched_at"),
        **unique("touch_id"),
        "touchpoint_mostly_present": nulls("touchpoint", "rowid < 5001"),
        "touchpoint_present": nulls("touchpoint", "rowid < 101"),
        "touched_at_not_in_the_future": sets("touched_at", "timestamp '2200-01-01'", "rowid = 0"),
        "interaction_known": sets("interaction", "'hover'", "rowid < 101"),
        "cost_not_negative": sets("cost", "-0.01", "rowid = 0"),
    },
    "raw_conversions": {
        NO_ROWS: EMPTY,
        **present("conversion_id"),
        **present("customer_id"),
        **present("converted_at"),
        **unique("conversion_id"),
        "converted_at_not_in_the_future": sets("converted_at", "timestamp '2200-01-01'", "rowid = 0"),
        "revenue_present": nulls("revenue", MANY),
        "revenue_not_negative": sets("revenue", "-0.01", "rowid = 0"),
    },
    "raw_spend": {
        **present("spend_date"),
        **present("channel"),
        **present("spend"),
        "spend_mostly_not_negative": sets("spend", "-1", MANY),
        "spend_not_negative": sets("spend", "-0.01", "rowid = 0"),
        "spend_date_not_in_the_future": sets("spend_date", "date '2200-01-01'", "rowid = 0"),
        "clicks_within_impressions": sets("clicks", "11", "rowid < 101"),
        "lines_not_repeated": TWICE,
    },
    "raw_sales": {
        **present("sales_date"),
        **present("orders"),
        "orders_mostly_not_negative": sets("orders", "-1", MANY),
        "orders_not_negative": sets("orders", "-1", "rowid = 0"),
        "revenue_present": nulls("revenue", MANY),
        "sales_date_not_in_the_future": sets("sales_date", "date '2200-01-01'", "rowid = 0"),
        "days_not_repeated": TWICE,
    },
    "raw_path_counts": {
        "conversions_mostly_present": nulls("conversions", MANY),
        "non_conversions_mostly_present": nulls("non_conversions", MANY),
    },
    "budget_plan": {
        "recommended_spend_at_least_min_spend": sets("min_spend", "90.02", "rowid = 0"),
        "recommended_spend_at_most_max_spend": sets("max_spend", "109.98", "rowid = 1"),
        "expect_compound_columns_to_be_unique": sets("touchpoint", "'touchpoint_0'", "rowid = 1"),
        "budget_conserved": sets("recommended_spend", "recommended_spend + 0.01", "rowid = 2"),
    },
}


def broken_by(suite: str, expectation: Expectation) -> str:
    if expectation.name in BREAKS[suite]:
        return BREAKS[suite][expectation.name]
    assert expectation.column is not None
    value = {"expect_column_values_to_not_be_null": "null", "expect_column_values_to_be_between": "-0.01"}
    return sets(expectation.column, value[expectation.kind], "rowid = 0")


SHIPPED = [(name, expectation) for name, suite in SUITES.items() for expectation in suite.expectations]
NAMES = [f"{name}-{expectation.name}-{expectation.column}" for name, expectation in SHIPPED]


@pytest.fixture(scope="module")
def failures() -> dict[tuple[str, str, str | None], dict[str, object]]:
    """The result of each shipped expectation on a table of its own, broken for it alone."""
    suites = {}
    with duckdb.connect() as connection:
        for number, (name, expectation) in enumerate(SHIPPED):
            connection.execute(f"create table broken as {GOOD[name]}")
            connection.execute(broken_by(name, expectation))
            connection.execute(f"alter table broken rename to checked_{number}")
            suites[f"checked_{number}"] = Suite(name, (expectation,))
        records = run_suites(connection, suites).to_dict("records")
    return {(name, one.name, one.column): row for (name, one), row in zip(SHIPPED, records, strict=True)}


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def results(connection: duckdb.DuckDBPyConnection, suite: Suite, relation: str = "checked") -> pd.DataFrame:
    return run_suites(connection, {relation: suite})


@pytest.mark.parametrize("name", SUITES)
def test_a_good_table_fails_nothing(name: str, connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(f"create view checked as {GOOD[name]}")
    frame = results(connection, SUITES[name])
    assert frame.loc[~frame["success"]].to_dict("records") == []
    assert len(frame) == len(SUITES[name].expectations)
    assert list(frame["severity"]) == [one.severity.value for one in SUITES[name].expectations]


@pytest.mark.parametrize(("name", "expectation"), SHIPPED, ids=NAMES)
def test_every_shipped_expectation_fails_on_a_table_that_breaks_it(
    name: str, expectation: Expectation, failures: dict[tuple[str, str, str | None], dict[str, object]]
) -> None:
    row = failures[name, expectation.name, expectation.column]
    assert (row["suite"], row["expectation"]) == (name, expectation.name)
    assert not row["success"]
    # As severe as the file says: the failure is the table's, not an error in the expectation.
    assert row["severity"] == expectation.severity.value


@pytest.mark.parametrize("name", ["raw_spend", "raw_sales", "raw_path_counts", "budget_plan"])
def test_an_empty_optional_table_passes(name: str, connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(f"create view checked as {GOOD[name]} limit 0")
    frame = results(connection, SUITES[name])
    assert frame.loc[~frame["success"]].to_dict("records") == []


def test_a_warning_s_share_does_not_fail_the_critical_expectation_beside_it(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute(f"create table checked as {GOOD['raw_touches']}")
    connection.execute("update checked set customer_id = null where rowid < 20")
    frame = results(connection, SUITES["raw_touches"])
    failed = frame.loc[~frame["success"]].to_dict("records")
    assert failed == [
        {
            "suite": "raw_touches",
            "expectation": "customer_id_present",
            "column": "customer_id",
            "severity": "warning",
            "success": False,
            "observed": "20 of 10,000",
            "unexpected_count": 20,
            "unexpected_share": pytest.approx(0.002),
        }
    ]


def an(kind: str, severity: Severity = Severity.WARNING, **arguments: Any) -> Expectation:
    return Expectation(kind, kind, arguments, severity, "a test")


@pytest.mark.parametrize(
    ("expectation", "message"),
    [
        (an("expect_column_values_to_not_be_null", column="absent"), "absent"),
        (an("expect_column_sum_to_be_between", column="market", min_value=0), "sum(VARCHAR)"),
        (an("unexpected_rows_expectation", unexpected_rows_query="select absent from {batch}"), "absent"),
        (an("expect_column_values_to_not_be_null", columm="market"), "column"),
        (an("expect_the_unexpected", column="market"), "expect_the_unexpected"),
    ],
)
def test_an_expectation_that_cannot_be_computed_is_a_critical_failure(
    expectation: Expectation, message: str, connection: duckdb.DuckDBPyConnection
) -> None:
    connection.execute(f"create table checked as {GOOD['raw_sales']}")
    sound = an("expect_column_values_to_not_be_null", column="market")
    frame = results(connection, Suite("mixed", (expectation, sound)))
    assert list(frame["severity"]) == ["critical", "warning"]
    assert list(frame["success"]) == [False, True]
    assert message in frame["observed"][0]


def test_a_relation_that_is_not_there_fails_critically(connection: duckdb.DuckDBPyConnection) -> None:
    frame = results(connection, SUITES["raw_sales"], "nowhere")
    assert set(frame["severity"]) == {"critical"}
    assert not frame["success"].any()
    assert frame["observed"].str.contains("nowhere").all()


@pytest.mark.parametrize("relation", ['"a b"."c""d"', 'memory."a b"."c""d"'])
def test_quoted_names_are_relations(relation: str, connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute('create schema "a b"')
    connection.execute(f'create view "a b"."c""d" as {GOOD["raw_sales"]}')
    assert results(connection, SUITES["raw_sales"], relation)["success"].all()


@pytest.mark.parametrize("relation", ["a; drop table b", "(select 1)", "a b", 'a"b', ""])
def test_other_text_is_no_relation(relation: str, connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(SettingsError, match="is not the name of a relation"):
        results(connection, SUITES["raw_sales"], relation)


def test_the_caller_s_transaction_survives_a_failing_check(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("create table kept (i int)")
    connection.begin()
    connection.execute("insert into kept values (1)")
    results(connection, SUITES["raw_sales"], "nowhere")
    connection.commit()
    assert connection.execute("from kept").fetchall() == [(1,)]


def test_results_go_back_into_the_warehouse_with_their_types(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(f"create table checked as {GOOD['raw_touches']}")
    frame = results(connection, SUITES["raw_touches"])
    connection.register("frame", frame)
    described = connection.execute("describe frame").fetchall()
    assert {row[0]: row[1] for row in described} == {
        "suite": "VARCHAR",
        "expectation": "VARCHAR",
        "column": "VARCHAR",
        "severity": "VARCHAR",
        "success": "BOOLEAN",
        "observed": "VARCHAR",
        "unexpected_count": "BIGINT",
        "unexpected_share": "DOUBLE",
    }
    missing = 'select count(*) from frame where "column" is null and unexpected_count is null'
    assert connection.execute(missing).fetchall() == [(1,)]


@pytest.mark.parametrize(
    "content",
    [
        "not json",
        json.dumps({"name": "a"}),
        json.dumps({"name": "a", "expectations": [{"type": "t", "kwargs": {}}]}),
        json.dumps(
            {"name": "a", "expectations": [{"type": "t", "kwargs": {}, "meta": {"severity": "info"}}]}
        ),
        json.dumps(
            {
                "name": "a",
                "expectations": [
                    {"type": "t", "kwargs": {}, "meta": {"severity": "warning", "meaning": "m"}, "mostly": 1}
                ],
            }
        ),
        json.dumps(
            {
                "name": "a",
                "expectations": [{"type": "t", "kwargs": {}, "meta": {"severity": "warning", "meaning": "m"}}]
                * 2,
            }
        ),
    ],
)
def test_a_file_that_is_no_suite_is_named(content: str, tmp_path: Path) -> None:
    (tmp_path / "odd.json").write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"odd\.json"):
        load_suites(tmp_path)


def test_no_suites_at_all_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no suite"):
        load_suites(tmp_path)


def test_great_expectations_is_imported_only_to_run() -> None:
    script = "import sys, conversionflow.validation; print('great_expectations' in sys.modules)"
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
