"""What `dbt build` says when it cannot build, and that it then builds nothing."""

import pytest


@pytest.fixture(scope="module")
def warehouse(new_warehouse, raw_tables):
    warehouse = new_warehouse("refusals")
    warehouse.execute(raw_tables)
    return warehouse


def tables(warehouse) -> list[tuple]:
    return warehouse.query("select table_name from duckdb_tables() where schema_name = 'main'")


def test_missing_raw_tables_are_named_with_the_commands_that_bring_them(new_warehouse):
    empty = new_warehouse("empty")
    outcome = empty.dbt("build")
    assert outcome.code != 0
    for text in (
        "raw.touches is missing",
        "conversionflow load touches FILE",
        "raw.conversions is missing",
        "conversionflow load conversions FILE",
        "conversionflow demo",
    ):
        assert text in outcome.output
    assert tables(empty) == []


def test_every_wrong_setting_is_named_with_its_range(warehouse):
    outcome = warehouse.dbt(
        "build",
        settings={
            "mcmc_draws": 5,
            "period": "fortnight",
            "models": ["journey", "prophet"],
            "touches_fields": {"touch_id": 'id"; drop table x'},
            "credible_mass": "0.9",
            "raw_schema": "Raw Data",
        },
    )
    assert outcome.code != 0
    for text in (
        "6 setting(s) cannot be used",
        "mcmc_draws: must be a whole number from 100 to 100000; it is 5",
        "period: must be one of day, week, month",
        "models: must be a list, without repeats, of some of journey, poisson",
        "touches_fields: names column",
        "credible_mass: must be a number from 0.5 to 0.999",
        "raw_schema: has the part Raw Data",
    ):
        assert text in outcome.output
    assert tables(warehouse) == []


def test_a_misspelt_setting_is_refused(warehouse):
    outcome = warehouse.dbt("build", settings={"path_lookback_day": 14})
    assert outcome.code != 0
    assert "path_lookback_day: no setting has this name" in outcome.output


def test_a_missing_column_is_named_with_those_there_are(warehouse):
    outcome = warehouse.dbt("build", settings={"touches_fields": {"touched_at": "event_time"}})
    assert outcome.code != 0
    assert "raw.touches has no column event_time (for touched_at)" in outcome.output
    assert "touch_id, customer_id, touched_at, channel" in outcome.output
