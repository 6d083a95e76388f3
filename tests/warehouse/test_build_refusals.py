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


ALIASES = "create or replace table raw.customer_aliases (customer_id text, canonical_customer_id text);"


def refused_aliases(warehouse, rows: str) -> str:
    warehouse.execute(ALIASES, f"insert into raw.customer_aliases values {rows}")  # noqa: S608
    outcome = warehouse.dbt("build")
    assert outcome.code != 0
    assert tables(warehouse) == []
    warehouse.execute("drop table raw.customer_aliases")
    return outcome.output


def test_aliases_in_a_circle_are_named(warehouse):
    rows = "('a', 'b'), ('b', 'c'), ('c', 'b'), ('x', 'y'), ('y', 'y'), ('z', 'x')"
    output = refused_aliases(warehouse, rows)
    assert "go round in a circle, or lead into one: a, b, c. Correct these rows" in output


def test_an_alias_of_two_customers_is_named(warehouse):
    output = refused_aliases(warehouse, "('a', 'b'), ('a', 'b'), ('p', 'q'), ('p', ' r ')")
    assert "Aliases with more than one canonical_customer_id: p. Correct these rows" in output


def test_touches_that_stopped_before_the_conversions_are_refused_with_both_dates(warehouse):
    warehouse.execute(
        "insert into raw.touches values ('t', 'c', '2025-01-01 10:00', 'search', null, null),"
        " ('u', 'c', '2999-01-01 10:00', 'search', null, null)",
        "insert into raw.conversions values ('k', 'c', '2025-01-31 10:00:01', 1, null)",
    )
    outcome = warehouse.dbt("build")
    assert outcome.code != 0
    assert "the touches end at 2025-01-01 10:00:00, the conversions at 2025-01-31 10:00:01" in outcome.output
    assert tables(warehouse) == []
    warehouse.execute("delete from raw.touches", "delete from raw.conversions")


def test_conversions_without_any_touch_are_refused(warehouse):
    warehouse.execute(
        "insert into raw.touches values ('u', 'c', '2999-01-01 10:00', 'search', null, null)",
        "insert into raw.conversions values ('k', 'c', '2025-01-31 10:00:01', 1, null)",
    )
    outcome = warehouse.dbt("build")
    assert outcome.code != 0
    assert "the conversions reach to 2025-01-31 10:00:01, and" in outcome.output
    assert "has no touch up to now, so every conversion would be credited to no touch" in outcome.output
    assert tables(warehouse) == []
    warehouse.execute("delete from raw.touches", "delete from raw.conversions")


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
            "path_transforms": ["exposure_path", {"trim_long_path": 0}],
            "priors": {"beta1": {"distribution": "Normal", "mu": "much"}},
            "path_lookback_day": 14,
            "scenarios": ["fixed_budget", "target_roas"],
            "sweep_ratios": [0.5, True],
        },
    )
    assert outcome.code != 0
    for text in (
        "11 setting(s) cannot be used",
        "mcmc_draws: must be a whole number from 100 to 100000; it is 5",
        "period: must be one of day, week, month",
        "models: must be a list, without repeats, of some of journey, poisson, hurdle",
        "touches_fields: names column",
        "credible_mass: must be a number from 0.5 to 0.999",
        "raw_schema: has the part Raw Data",
        "path_transforms: the argument of trim_long_path must be a whole number from 1 to 10000",
        "priors: that of beta1 must have a number for mu",
        "path_lookback_day: no setting has this name",
        "scenarios: asks for target_roas, and the setting target_roas gives no number",
        "sweep_ratios: must be a list, without repeats, of numbers from 0.01 to 100",
    ):
        assert text in outcome.output
    assert tables(warehouse) == []


def test_a_missing_column_is_named_with_those_there_are(warehouse):
    outcome = warehouse.dbt("build", settings={"touches_fields": {"touched_at": "event_time"}})
    assert outcome.code != 0
    assert "raw.touches has no column event_time (for touched_at)" in outcome.output
    assert "touch_id, customer_id, touched_at, channel" in outcome.output


@pytest.mark.parametrize(
    "transforms",
    [
        ["trim_long_path"],
        pytest.param([{"first_path": 3}], marks=pytest.mark.verify),
        pytest.param(["path"], marks=pytest.mark.verify),
    ],
)
def test_a_path_transform_that_does_not_exist_is_refused_with_those_that_do(warehouse, transforms):
    outcome = warehouse.dbt("build", settings={"path_transforms": transforms})
    assert outcome.code != 0
    assert "path_transforms: must be a list of some of unique_path, exposure_path" in outcome.output
    assert "{trim_long_path: integer}" in outcome.output
