"""Each conservation test of tests/data sees the loss it is there for."""

import json

import pytest

ROWS = """
    insert into raw.touches values
        ('t1', 'anna', '2025-01-01 10:00', 'search', null, 'IT'),
        ('t2', 'anna', '2025-01-03 10:00', 'email', null, 'IT'),
        ('t3', 'ben', '2025-01-03 10:00', 'email', null, 'IT'),
        ('t4', 'ben', '2025-03-01 10:00', 'social', null, 'IT'),
        ('t5', 'ben', '2999-01-05 10:00', 'email', null, 'IT');
    insert into raw.conversions values
        ('k1', 'anna', '2025-01-04 10:00', 19.99, 'IT'),
        ('k2', 'carla', '2025-01-04 10:00', null, 'IT');
"""
BREAKS = {
    "conservation_of_rows": [
        "delete from rejected_rows",
        "create or replace view stg_touches as select * from stg_touches_checked where touch_id = 't1'",
        "create or replace view stg_conversions as"
        " select * from stg_conversions_checked union all select * from stg_conversions_checked",
    ],
    "conservation_of_touches": [
        "delete from journey_events where event_id = 't2'",
        "insert into journey_events select * from journey_events where event_id = 't2'",
        "update journey_events set event_id = 'never seen' where event_id = 't2'",
        "delete from journey_events where event_id = 'k2'",
        "insert into journey_events select * from journey_events where event_id = 'k1'",
    ],
    "conservation_of_transitions": [
        "delete from transitions where touchpoint_to = '(conversion)'",
        "update transitions set transitions = transitions + 1 where touchpoint_from = 'email'",
        "update journey_events set is_step = false where event_id = 't1'",
        "create or replace view data_end as select timestamp '2025-01-05' as data_end_at",
    ],
    "conservation_of_paths": [
        "delete from path_summary where path = ''",
        "insert into path_summary select * replace ('never taken' as path) from path_summary limit 1",
        "update path_summary set revenue = revenue + 0.01 where path = ''",
        "update journey_events set short_path = 'other' where event_id = 'k1'",
    ],
    "conservation_of_credit": [
        "update touch_attribution set credit = credit * 0.999 where conversion_id = 'k1'",
        "update touch_attribution set revenue = revenue + 0.005 where conversion_id = 'k1'",
        "delete from touch_attribution where method = 'linear' and conversion_id = 'k2'",
        "delete from attribution where touchpoint = '(unattributed)'",
        "update attribution set conversions = conversions + 0.001",
    ],
}


@pytest.fixture(scope="module")
def built(verified_on_each_target, raw_tables):
    warehouse = verified_on_each_target("conservation")
    warehouse.execute(raw_tables, ROWS)
    wanted = [
        *("+attribution", "+transitions", "+path_summary", "+path:models/journeys/journeys.sql"),
        *("+rejected_rows", "stg_sales", "stg_experiments", "journey_touches"),
    ]
    outcome = warehouse.dbt("build", "--select", *wanted, "--exclude-resource-type", "unit_test")
    assert outcome.code == 0, outcome.output
    return warehouse


@pytest.fixture(scope="module")
def tests(built):
    """The data tests of the last build by name."""
    nodes = json.loads((built.folder / "target" / "manifest.json").read_text())["nodes"].values()
    return {node["name"]: node for node in nodes if node["resource_type"] == "test"}


@pytest.mark.parametrize(
    ("test", "loss"), [(test, loss) for test, losses in BREAKS.items() for loss in losses]
)
def test_a_loss_is_found(built, tests, test, loss):
    query = tests[test]["compiled_code"]
    with built.cursor() as cursor:
        cursor.execute(query)
        assert cursor.fetchall() == []
        cursor.execute("begin")
        cursor.execute(loss)
        cursor.execute(query)
        assert cursor.fetchall() != []
        cursor.execute("rollback")


def test_every_conservation_test_stops_the_build(tests):
    conserving = {name: node for name, node in tests.items() if name.startswith("conservation")}
    assert conserving.keys() == BREAKS.keys()
    assert {node["config"]["severity"].lower() for node in conserving.values()} == {"error"}


def test_dbt_fails_on_a_loss(built):
    built.execute("delete from journey_events where event_id = 't2'")
    outcome = built.dbt("test", "--select", "conservation_of_touches")
    assert outcome.code != 0
    assert "conservation_of_touches" in outcome.output
