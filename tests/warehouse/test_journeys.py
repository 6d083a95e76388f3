"""The journey models against a slow and obvious implementation of DESIGN's words."""

import itertools
import random
from collections import Counter
from datetime import datetime, timedelta

import pytest

INACTIVITY = timedelta(days=30)
LOOKBACK = timedelta(days=30)
START = datetime(2025, 1, 1)
CHANNELS = ["search", "social", "a > b", "email"]


def random_history(seed: int, customers: int) -> tuple[list[tuple], list[tuple]]:
    """Touches and conversions with ties in time, gaps of exactly the limit, and repeated touchpoints."""
    rng = random.Random(seed)  # noqa: S311
    gaps = [
        timedelta(0),
        timedelta(hours=5),
        timedelta(days=9),
        INACTIVITY,
        INACTIVITY + timedelta(microseconds=1),
    ]
    touches, conversions = [], []
    for customer in range(customers):
        at = START + timedelta(days=rng.randrange(60))
        for event in range(rng.choice([1, 1, 2, 5, 12])):
            key = f"{customer}-{event}"
            if rng.random() < 0.75:
                touches.append(
                    (f"t{key}", f"c{customer}", at, rng.choice(CHANNELS), rng.choice(["IT", "ES"]))
                )
            else:
                revenue, kind = rng.choice([None, 0, 19.99]), rng.choice(["order", "lead", None])
                conversions.append((f"k{key}", f"c{customer}", at, revenue, "IT", kind))
            at += rng.choice(gaps)
    return touches, conversions


def reference_journeys(touches: list[tuple], conversions: list[tuple]) -> list[dict]:
    events = [(c, at, 0, i, channel, market) for i, c, at, channel, market in touches]
    events += [(c, at, 1, i, None, market) for i, c, at, _, market, _ in conversions]
    data_end = max(event[1] for event in events)
    journeys: list[list[tuple]] = []
    for event in sorted(events, key=lambda event: event[:4]):
        last = journeys[-1][-1] if journeys else None
        if last is None or last[0] != event[0] or last[2] == 1 or event[1] - last[1] > INACTIVITY:
            journeys.append([])
        journeys[-1].append(event)
    return [describe(journey, data_end) for journey in journeys]


def describe(journey: list[tuple], data_end: datetime) -> dict:
    touches = [event for event in journey if event[2] == 0]
    converted = journey[-1][2] == 1
    end = journey[-1][1]
    outcome = "converted" if converted else "open" if data_end - touches[-1][1] < INACTIVITY else "lost"
    path: list[str] = []
    for touch in touches:
        if touch[1] >= end - LOOKBACK and (not path or path[-1] != touch[4]):
            path.append(touch[4])
    return {
        "outcome": outcome,
        "customer": journey[0][0],
        "started_at": journey[0][1],
        "conversion": journey[-1][3] if converted else None,
        "market": journey[-1][5] if converted else journey[0][5],
        "touches": tuple(touch[3] for touch in touches),
        "path": path,
    }


@pytest.fixture(scope="module")
def history(on_each_target, raw_tables):
    touches, conversions = random_history(seed=3, customers=1_500)
    warehouse = on_each_target("journeys")
    warehouse.execute(raw_tables)
    warehouse.execute("alter table raw.conversions add column conversion_type text")
    warehouse.fill("raw.touches", [(*touch[:4], None, touch[4]) for touch in touches])
    warehouse.fill("raw.conversions", conversions)
    wanted = ["+attribution", "+transitions", "+path_summary", "+rejected_rows", "stg_sales"]
    outcome = warehouse.dbt("build", "--select", *wanted, "stg_experiments", "journey_touches")
    assert outcome.code == 0, outcome.output
    return warehouse, reference_journeys(touches, conversions), dict(Counter(row[5] for row in conversions))


def test_journeys_are_those_of_the_reference(history):
    warehouse, expected, _ = history
    rows = warehouse.query("""
        select outcome, customer_id, started_at, conversion_id, market, path, list_touches from journeys
        left join (
            select journey_id, array_agg(touch_id order by position) as list_touches
            from journey_touches group by 1
        ) using (journey_id)
    """)
    found = Counter((*row[:6], tuple(row[6] or ())) for row in rows)
    wanted = Counter(
        (
            j["outcome"],
            j["customer"],
            j["started_at"],
            j["conversion"],
            j["market"],
            " > ".join(j["path"]),
            j["touches"],
        )
        for j in expected
    )
    assert found == wanted


def test_every_kind_of_journey_occurs(history):
    _, expected, _ = history
    assert {j["outcome"] for j in expected} == {"converted", "lost", "open"}
    assert any(not j["path"] for j in expected if j["outcome"] == "converted")
    assert any(len(j["path"]) < len(j["touches"]) for j in expected)


def test_transitions_are_those_of_the_reference(history):
    warehouse, expected, _ = history
    wanted: Counter[tuple[str, str]] = Counter()
    for journey in expected:
        if journey["outcome"] != "open":
            end = "(conversion)" if journey["outcome"] == "converted" else "(null)"
            states = ["(start)", *journey["path"], end]
            wanted.update(itertools.pairwise(states))
    rows = warehouse.query("select touchpoint_from, touchpoint_to, transitions from transitions")
    assert {(a, b): n for a, b, n in rows} == wanted


def test_last_touch_credit_is_the_last_step_or_unattributed(history):
    warehouse, expected, _ = history
    rows = warehouse.query("""
        select credits.conversion_id, coalesce(steps.touchpoint, '(unattributed)'), credit
        from touch_attribution as credits left join path_steps as steps using (touch_id)
        where method = 'last_touch'
    """)
    wanted = {
        j["conversion"]: (j["path"] or ["(unattributed)"])[-1]
        for j in expected
        if j["outcome"] == "converted"
    }
    assert {conversion: touchpoint for conversion, touchpoint, _ in rows} == wanted
    assert all(credit == 1 for *_, credit in rows)


def test_linear_credit_is_shared_alike_over_the_steps(history):
    warehouse, expected, _ = history
    rows = warehouse.query("select conversion_id, credit from touch_attribution where method = 'linear'")
    steps = {j["conversion"]: max(len(j["path"]), 1) for j in expected if j["outcome"] == "converted"}
    assert Counter(conversion for conversion, _ in rows) == steps
    assert all(credit == pytest.approx(1 / steps[conversion], rel=1e-12) for conversion, credit in rows)


def test_credit_of_every_method_can_be_split_by_conversion_type(history):
    warehouse, _, by_type = history
    rows = warehouse.query("""
        select method, conversion_type, sum(credit) from touch_attribution group by method, conversion_type
    """)
    methods = {method for method, *_ in rows}
    assert len(methods) == 4
    wanted = {(method, kind): count for method in methods for kind, count in by_type.items()}
    assert {(method, kind): credit for method, kind, credit in rows} == pytest.approx(wanted)
    assert set(by_type) == {"order", "lead", None}
