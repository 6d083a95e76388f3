"""The journey models' SQL on random histories, against the plain reference in tests/journey_reference.py.

dbt compiles the models once for each set of settings; every example then runs that SQL on its own rows.
"""

import json
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from journey_reference import (
    JOURNEYS,
    Conversion,
    Rules,
    Touch,
    found_rows,
    journeys,
    path_counts,
    touch_credits,
    transitions,
    wanted_rows,
)

PROJECT = Path(__file__).parents[2]
ZONES = {"IT": "Europe/Rome", "NY": "America/New_York"}
VARIANTS = {
    "default": ({}, Rules(time_zones=ZONES)),
    "short, trimmed": (
        {
            "journey_inactivity_days": 20,
            "path_lookback_days": 10,
            "path_lookback_steps": 6,
            "path_transforms": [
                {"remove_if_last_and_not_all": "email"},
                "exposure_path",
                {"trim_long_path": 3},
            ],
            "channels_to_exclude": ["it's"],
        },
        Rules(
            inactivity=timedelta(days=20),
            lookback=timedelta(days=10),
            lookback_steps=6,
            transforms=(
                ("remove_if_last_and_not_all", "email"),
                ("exposure_path", None),
                ("trim_long_path", 3),
            ),
            exclude=("it's",),
            time_zones=ZONES,
        ),
    ),
    "counted": (
        {
            "path_transforms": [
                "unique_path",
                {"remove_if_not_all": "a > b"},
                "first_path",
                "frequency_path",
            ],
            "channels_to_include": ["search", "a > b", "email"],
        },
        Rules(
            transforms=(
                ("unique_path", None),
                ("remove_if_not_all", "a > b"),
                ("first_path", None),
                ("frequency_path", None),
            ),
            include=("search", "a > b", "email"),
            time_zones=ZONES,
        ),
    ),
}


class Models:
    """The compiled SQL of a set of settings."""

    def __init__(self, manifest: dict) -> None:
        nodes = manifest["nodes"]
        wanted = ["model.conversionflow.transition_counts", "model.conversionflow.path_summary"]
        wanted += ["model.conversionflow.touch_attribution", "model.conversionflow.journey_touches"]
        self.statements: dict[str, str] = {}
        for name in wanted:
            self._add(nodes, name)

    def _add(self, nodes: dict, key: str) -> None:
        node = nodes[key]
        if node["name"] in self.statements or node["resource_type"] == "seed" or node["language"] == "python":
            return
        for parent in node["depends_on"]["nodes"]:
            if parent in nodes:
                self._add(nodes, parent)
        kind = node["config"]["materialized"]
        if kind != "ephemeral":
            kind = "view" if kind == "view" else "table"
            self.statements[node["name"]] = f"create {kind} {node['name']} as {node['compiled_code']}"

    def run(self, touches: list, conversions: list, aliases: dict[str, str]) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect()
        connection.execute("attach ':memory:' as properties; use properties; create schema raw")
        connection.execute("create table markov_weights (touchpoint text, weight double)")
        mapping = PROJECT / "seeds" / "channel_mapping.csv"
        connection.execute(f"create table channel_mapping as from read_csv('{mapping}')")
        connection.execute("create table markets (market text, time_zone text, exchange_rate decimal(18, 8))")
        fill(connection, "markets", [(market, zone, None) for market, zone in ZONES.items()])
        connection.execute(RAW)
        fill(connection, "raw.touches", touches)
        fill(connection, "raw.conversions", conversions)
        fill(connection, "raw.customer_aliases", list(aliases.items()))
        for statement in self.statements.values():
            connection.execute(statement)
        return connection


RAW = """
    create table raw.touches (
        touch_id text, customer_id text, touched_at timestamp, channel text, market text
    );
    create table raw.conversions (
        conversion_id text, customer_id text, converted_at timestamp, revenue decimal(18, 2), market text
    );
    create table raw.customer_aliases (customer_id text, canonical_customer_id text);
"""


def fill(connection: duckdb.DuckDBPyConnection, table: str, rows: list) -> None:
    if rows:
        connection.executemany(f"insert into {table} values ({', '.join('?' * len(rows[0]))})", rows)  # noqa: S608


@pytest.fixture(scope="module", params=VARIANTS)
def variant(request, new_warehouse):
    warehouse = new_warehouse("properties")
    path = warehouse.folder / "properties.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute("create schema raw;" + RAW)
    chosen, rules = VARIANTS[request.param]
    target = path.rename(warehouse.path)
    outcome = warehouse.dbt(
        "compile", settings={**chosen, "attribution_list": ["first_touch", "last_touch", "linear"]}
    )
    assert outcome.code == 0, outcome.output
    text = (warehouse.folder / "target" / "manifest.json").read_text()
    return Models(json.loads(text.replace(f'\\"{target.stem}\\"', '\\"properties\\"'))), rules


CUSTOMERS = st.sampled_from(["anna", "ben", " carla ", "dora", "anna-phone", "anna-old-phone"])
ALIASES = {"anna-old-phone": "anna-phone", "anna-phone": "anna", "anna": "anna"}
CHANNELS = st.sampled_from(["search", "search", "social", "a > b", "email", "it's", "", None])
MARKETS = st.sampled_from(["IT", "NY", "UK", "", None])
#: Around the changes to and from daylight saving of 2025 in Europe and America, and some quiet days.
INSTANTS = st.sampled_from(
    [
        datetime(2025, 3, 9, 6, 59, 59, 999999),
        datetime(2025, 3, 9, 7, 0),
        datetime(2025, 3, 30, 0, 59, 59),
        datetime(2025, 3, 30, 1, 0),
        datetime(2025, 3, 30, 22, 30),
        datetime(2025, 3, 31, 4, 0),
        datetime(2025, 10, 26, 1, 0),
        datetime(2025, 11, 2, 5, 30),
        datetime(2025, 11, 3, 4, 59, 59),
        datetime(2025, 7, 1, 12, 0),
    ]
)
GAPS = st.sampled_from(
    [
        timedelta(0),
        timedelta(seconds=1),
        timedelta(days=10),
        timedelta(days=10, microseconds=1),
        timedelta(days=20),
        timedelta(days=30),
        timedelta(days=30, microseconds=1),
        timedelta(days=30, microseconds=-1),
    ]
)
TIMES = st.one_of(
    st.none(), st.builds(lambda at, gap, times: at + times * gap, INSTANTS, GAPS, st.integers(0, 3))
)
IDS = st.one_of(st.none(), st.just(""), st.integers(0, 400).map(str))
REVENUES = st.sampled_from([None, Decimal("0"), Decimal("0.01"), Decimal("19.99")])
TOUCHES = st.lists(st.builds(Touch, IDS, CUSTOMERS, TIMES, CHANNELS, MARKETS), max_size=25)
CONVERSIONS = st.lists(st.builds(Conversion, IDS, CUSTOMERS, TIMES, REVENUES, MARKETS), max_size=8)


def at(day: int, second: int = 0) -> datetime:
    return datetime(2025, 5, day, 9, 0, second)


def at_the_limits(days: int) -> dict:
    """Gaps, look-backs and ages of exactly `days`, and of a microsecond more."""
    start, limit, more = at(1), timedelta(days=days), timedelta(days=days, microseconds=1)
    end = start + 3 * more
    touched = {
        "anna": [start, start + limit, start + limit + more],
        "ben": [start, end - limit],
        "dora": [start, end - more],
        "edna": [start, start + timedelta(microseconds=1), start + timedelta(days=1)],
        "zoe": [end],
    }
    touches = [
        Touch(f"{name}-{number}", name, moment, "search" if number % 2 else "email", "IT")
        for name, moments in touched.items()
        for number, moment in enumerate(moments)
    ]
    bought = Conversion("k", "edna", start + more, Decimal("1"), "IT")
    return {"touches": touches, "conversions": [bought], "aliased": False}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(touches=TOUCHES, conversions=CONVERSIONS, aliased=st.booleans())
@example(touches=[], conversions=[], aliased=False)
@example(**at_the_limits(10))
@example(**at_the_limits(20))
@example(**at_the_limits(30))
@example(
    touches=[
        Touch(str(n), "ben", at(1, n % 60), ["search", "a > b", "email"][n % 3], "IT") for n in range(1000)
    ],
    conversions=[Conversion("k", "ben", at(2), Decimal("5"), "IT")],
    aliased=False,
)
@example(
    touches=[Touch("1", "ben", at(1), "search", "IT"), Touch("2", "ben", at(3), "email", "IT")],
    conversions=[
        Conversion("k1", "ben", at(1), None, "IT"),
        Conversion("k2", "ben", at(1), Decimal("0"), "NY"),
        Conversion("k3", "ben", at(9), Decimal("1"), "NY"),
        Conversion("k3", "anna", at(9), Decimal("1"), "NY"),
    ],
    aliased=True,
)
def test_the_models_agree_with_the_reference(variant, touches, conversions, aliased):
    models, rules = variant
    aliases = ALIASES if aliased else {}
    expected = journeys(touches, conversions, rules, aliases)
    with models.run(touches, conversions, aliases) as connection:
        assert found_rows(connection.execute(JOURNEYS).fetchall()) == wanted_rows(expected)
        moves = connection.execute(
            "select period_start, market, touchpoint_from, touchpoint_to, transitions from transition_counts"
        ).fetchall()
        assert {row[:4]: row[4] for row in moves} == transitions(expected, rules)
        shares = connection.execute("select method, conversion_id, touch_id, credit from touch_attribution")
        assert {row[:3]: row[3] for row in shares.fetchall()} == pytest.approx(
            touch_credits(expected), rel=1e-12
        )
        paths = connection.execute("select path, conversions, non_conversions, revenue from path_summary")
        assert {row[0]: row[1:] for row in paths.fetchall()} == path_counts(expected)
