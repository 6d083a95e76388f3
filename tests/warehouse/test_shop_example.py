"""examples/shop: a project with raw tables of its own that installs this one as a package."""

import csv
import runpy
import shutil
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from conftest import PROJECT, PostgresWarehouse, Warehouse
from rebuilds import assert_second_build_changes_nothing

SHOP = PROJECT / "examples" / "shop"
#: As the shop's settings say.
LOOKBACK = timedelta(days=14)
INACTIVITY = timedelta(days=30)


class InShop:
    """A warehouse whose commands run in a copy of the example."""

    @property
    def environment(self) -> dict[str, str]:
        own = {
            "DBT_PROFILES_DIR": str(self.project),
            "SHOP_DUCKDB_PATH": str(self.path),
            "DBT_PACKAGES_INSTALL_PATH": str(self.project / "dbt_packages"),
        }
        return {**super().environment, **own}


@dataclass(frozen=True)
class ShopInDuckDB(InShop, Warehouse):
    """The shop's DuckDB file."""


@dataclass(frozen=True)
class ShopInPostgres(InShop, PostgresWarehouse):
    """The shop's Postgres database."""

    schema = "marketing"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the example whose package is this repository, with the shop's data."""
    folder = tmp_path_factory.mktemp("shop")
    unwanted = shutil.ignore_patterns("data", "target", "logs", "dbt_packages", "*.duckdb")
    shutil.copytree(SHOP, folder, ignore=unwanted, dirs_exist_ok=True)
    packages = folder / "packages.yml"
    packages.write_text(packages.read_text().replace("../..", str(PROJECT)))
    runpy.run_path(str(folder / "make_data.py"))["main"](folder / "data")
    return folder


def run_all(warehouse, *commands: tuple[str, ...]) -> str:
    """Run commands that must all end well; return what the last one printed."""
    for program, *arguments in commands:
        outcome = warehouse.dbt(*arguments) if program == "dbt" else warehouse.run(program, *arguments)
        assert outcome.code == 0, outcome.output
    return outcome.output


LOAD = ("conversionflow", "load", "--sources", "sources.yml")


def built(warehouse):
    output = run_all(warehouse, LOAD, ("dbt", "deps"), ("dbt", "build"))
    assert "[WARNING]" not in output
    return warehouse


def changed(project: Path, folder: Path, text: str, other: str) -> Path:
    """A copy of the project, its packages and all, with another text in `dbt_project.yml`."""
    shutil.copytree(project, folder, symlinks=True)
    file = folder / "dbt_project.yml"
    assert text in file.read_text()
    file.write_text(file.read_text().replace(text, other))
    return folder


@pytest.fixture(scope="module")
def in_duckdb(project, tmp_path_factory):
    return built(ShopInDuckDB(tmp_path_factory.mktemp("shop_duckdb"), project=project))


@pytest.fixture(scope="module")
def in_postgres(project, new_postgres):
    database = new_postgres("shop", project)
    return ShopInPostgres(database.folder, database.server, database.name, project=project)


def rows_of(project: Path, name: str) -> list[dict[str, str]]:
    with (project / "data" / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def last_touches(project: Path) -> Counter[str]:
    """Orders by the touchpoint that was the last before each, worked out from the raw files."""
    events = defaultdict(list)
    for visit in rows_of(project, "page_visits"):
        own_name = (visit["came_from"], visit["ad_campaign"]) == ("paid_search", "own name")
        touchpoint = "paid_search_own_name" if own_name else visit["came_from"]
        events[visit["visitor"]].append((datetime.fromisoformat(visit["seen_at"]), 0, touchpoint))
    for order in rows_of(project, "orders"):
        if order["status"] != "cancelled":
            events[order["visitor"]].append((datetime.fromisoformat(order["ordered_at"]), 1, ""))
    found: Counter[str] = Counter()
    for history in events.values():
        last = None
        for moment, is_order, touchpoint in sorted(history):
            if not is_order:
                last = (moment, touchpoint)
                continue
            tracked = last is not None and moment - last[0] <= min(LOOKBACK, INACTIVITY)
            found[last[1] if tracked else "(unattributed)"] += 1
            last = None
    return found


def orders_by_week(project: Path, clock: tzinfo) -> Counter[date]:
    """Orders by the Monday before them on a clock, worked out from the raw files."""
    found: Counter[date] = Counter()
    for order in rows_of(project, "orders"):
        day = datetime.fromisoformat(order["ordered_at"]).replace(tzinfo=UTC).astimezone(clock).date()
        found[day - timedelta(days=day.weekday())] += order["status"] != "cancelled"
    return found


def meeting(warehouse) -> dict[str, float]:
    rows = warehouse.query("select touchpoint, conversions_last_touch from campaign_meeting")
    return {touchpoint: float(orders) for touchpoint, orders in rows}


def test_the_shops_own_table_holds_what_its_raw_files_say(in_duckdb, project):
    expected = last_touches(project)
    assert expected["paid_search_own_name"] > 0
    assert {name: orders for name, orders in meeting(in_duckdb).items() if orders} == pytest.approx(expected)
    paid = sum(row["status"] != "cancelled" for row in rows_of(project, "orders"))
    ((linear, spend, planned),) = in_duckdb.query("""
        select sum(conversions_linear), sum(weekly_spend), sum(weekly_spend_planned) from campaign_meeting
    """)
    assert float(linear) == pytest.approx(paid)
    assert spend == planned > 0


def test_the_shops_settings_are_in_force(in_duckdb):
    methods = in_duckdb.query("select distinct method from attribution order by 1")
    assert methods == [("last_touch",), ("linear",)]
    assert in_duckdb.query("select distinct model from mcmc_diagnostics where converged") == [("journey",)]
    assert in_duckdb.query("select count(*) from optimizer_history where generation > 50") == [(0,)]


def test_weeks_begin_on_the_clock_of_the_shops_own_seed(in_duckdb, project):
    expected = orders_by_week(project, ZoneInfo("Europe/Vienna"))
    assert expected != orders_by_week(project, UTC)
    rows = in_duckdb.query("""
        select period_start, sum(conversions) from attribution where method = 'linear' group by 1
    """)
    assert {week: orders for week, orders in rows if orders} == pytest.approx(expected)


def test_the_shops_own_suite_of_expectations_takes_the_place_of_one_of_the_packages(in_duckdb):
    rows = in_duckdb.query("select suite, expectation from validation_results where success")
    found = defaultdict(set)
    for suite, expectation in rows:
        found[suite].add(expectation)
    assert found["raw_spend"] == {"every_cost_is_known", "the_shop_pays_for_these_channels_only"}
    assert "touch_id_unique" in found["raw_touches"]
    assert "budget_conserved" in found["budget_plan"]


def test_a_second_build_on_the_same_input_gives_the_same_rows(in_duckdb):
    assert_second_build_changes_nothing(in_duckdb)


def test_a_misspelt_setting_stops_the_packages_models_and_no_others(in_duckdb, project, tmp_path):
    misspelt = changed(project, tmp_path / "shop", "path_lookback_days:", "path_lookback_day:")
    warehouse = replace(in_duckdb, project=misspelt)
    outcome = warehouse.dbt("run", "--select", "campaign_meeting")
    assert outcome.code == 0, outcome.output
    refused = warehouse.dbt("run", "--select", "campaign_meeting", "period_touches")
    assert refused.code != 0
    assert "path_lookback_day: no setting has this name" in refused.output


def test_the_shop_builds_on_postgres_as_well(in_duckdb, in_postgres):
    untested = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
    run_all(in_postgres, LOAD, ("dbt", "deps"), ("dbt", "build", "--select", "+attribution", *untested))
    query = (
        "select touchpoint, sum(conversions) from attribution where method = 'linear' group by 1 order by 1"
    )
    one, other = (dict(warehouse.query(query)) for warehouse in (in_duckdb, in_postgres))
    assert {name: float(orders) for name, orders in other.items()} == pytest.approx(
        {name: float(orders) for name, orders in one.items()}, rel=1e-9
    )


@pytest.mark.verify
def test_the_whole_shop_builds_on_postgres(in_duckdb, in_postgres):
    built(in_postgres)
    assert meeting(in_postgres) == pytest.approx(meeting(in_duckdb), rel=1e-9)


@pytest.mark.verify
def test_the_packages_tables_may_lie_in_a_schema_of_their_own(in_duckdb, project, tmp_path):
    apart = changed(
        project, tmp_path / "shop", "models:\n", "models:\n  conversionflow: {+schema: measured}\n"
    )
    warehouse = replace(in_duckdb, folder=tmp_path, project=apart)
    built(warehouse)
    run_all(warehouse, ("dbt", "build"))
    assert meeting(warehouse) == pytest.approx(meeting(in_duckdb), rel=1e-9)
    tables = warehouse.query("select table_schema, table_name from information_schema.tables")
    assert {name for schema, name in tables if schema == "main"} == {
        "campaign_meeting", "channel_mapping", "markets",
    }  # fmt: skip
    assert ("main_measured", "journey_events_before") in tables
