"""Aggregated paths in place of events: the same tables out, with the known answers of a path table."""

import gzip
from pathlib import Path

import pytest

PATHS = Path(__file__).parents[3] / "shared" / "data" / "path_counts" / "paths.csv.gz"
KNOWN = {
    "first_touch": {"alpha": 6308, "iota": 4606, "eta": 3164, "beta": 2831},
    "last_touch": {"alpha": 8447, "iota": 3355, "eta": 4167, "beta": 989},
    "linear": {"alpha": 7574.72, "iota": 3857.10, "eta": 3539.95, "beta": 2083.50},
    "markov": {
        "alpha": 5344.95, "iota": 3884.61, "eta": 3340.85, "beta": 2527.35, "theta": 1971.91,
        "lambda": 1282.85, "epsilon": 599.57, "zeta": 381.06, "kappa": 274.36, "gamma": 171.15,
        "delta": 4.61, "mi": 1.72,
    },
}  # fmt: skip
SMALL = "path,conversions,revenue,non_conversions\n"


@pytest.fixture(scope="module")
def published(verified_on_each_target):
    if not PATHS.is_file():
        pytest.skip("the path table is not at ../shared/data/path_counts")
    warehouse = verified_on_each_target("paths")
    columns = (
        "conversions=total_conversions",
        "revenue=total_conversion_value",
        "non_conversions=total_null",
    )
    mapping = [part for column in columns for part in ("--map", column)]
    loaded = warehouse.run("conversionflow", "load", "path_counts", str(PATHS), *mapping, "--round-money")
    assert loaded.code == 0, loaded.output
    outcome = warehouse.dbt(
        "build", "--exclude-resource-type", "unit_test", settings={"path_transforms": ["unique_path"]}
    )
    assert outcome.code == 0, outcome.output
    return warehouse


@pytest.mark.parametrize("method", KNOWN)
def test_attribution_gives_the_known_answers(published, method):
    rows = published.query(f"select touchpoint, conversions from attribution where method = '{method}'")  # noqa: S608
    found = dict(rows)
    assert sum(found.values()) == pytest.approx(19785, abs=1e-6)
    assert {name: found[name] for name in KNOWN[method]} == pytest.approx(KNOWN[method], abs=0.005)


def test_transitions_and_paths_hold_every_journey(published):
    ((ends, converted),) = published.query("""
        select sum(transitions), sum(case when touchpoint_to = '(conversion)' then transitions end)
        from transitions where touchpoint_to in ('(conversion)', '(null)')
    """)
    assert (ends, converted) == (88387, 19785)
    assert float(converted / ends) == pytest.approx(0.223845, abs=5e-7)
    with gzip.open(PATHS, "rt") as file:
        paths = {line.split(",")[0] for line in file.readlines()[1:]}
    assert published.query("select count(*), sum(conversions), sum(non_conversions) from path_summary") == [
        (len(paths), 19785, 68602)
    ]


def test_the_run_says_what_aggregated_paths_cannot_give(published):
    ((notes,),) = published.query("select degradations from run_manifest")
    assert "There are path_counts in place of touches and conversions" in notes
    assert published.query("select count(*) from journeys") == [(0,)]
    assert published.query("select count(*) from budget_plans") == [(0,)]


def test_paths_lie_idle_beside_events(verified_on_each_target, raw_tables):
    warehouse = verified_on_each_target("both")
    warehouse.execute(
        *raw_tables.split(";")[:-1],
        "insert into raw.touches values ('t1', 'anna', timestamp '2025-01-01', 'search', null, null)",
        "create table raw.path_counts as select 'a > b' as path, 5 as conversions, 6 as non_conversions",
    )
    assert warehouse.dbt("seed").code == 0
    outcome = warehouse.dbt("run", "--select", "+transition_counts", "--exclude", "raw_validation")
    assert outcome.code == 0, outcome.output
    rows = warehouse.query("select distinct touchpoint_from from transition_counts order by 1")
    assert rows == []  # the one journey is open


def test_a_path_with_a_negative_count_is_rejected_and_kept(verified_on_each_target, tmp_path):
    warehouse = verified_on_each_target("negative")
    file = tmp_path / "paths.csv"
    file.write_text(SMALL + "a > b,1,2.50,3\na,-1,0,0\n" + "b,1,1.00,0\n" * 20)
    assert warehouse.run("conversionflow", "load", "path_counts", str(file)).code == 0
    assert warehouse.dbt("seed").code == 0
    outcome = warehouse.dbt(
        "build",
        "--select",
        "+path_summary",
        "+rejected_rows",
        "--exclude",
        "test_type:unit",
        "--indirect-selection",
        "cautious",
    )
    assert outcome.code == 0, outcome.output
    rejected = warehouse.query("select source_table, row_id, reason from rejected_rows")
    assert rejected == [("path_counts", "a", "conversions is negative")]
    found = warehouse.query(
        "select path, conversions, non_conversions, revenue from path_summary order by path"
    )
    assert [(path, *counts, float(revenue)) for path, *counts, revenue in found] == [
        ("a > b", 1, 3, 2.5),
        ("b", 20, 0, 20.0),
    ]
