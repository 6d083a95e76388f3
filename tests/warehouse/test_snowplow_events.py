"""Raw UTM fields become touchpoints by the seed's rules: a Snowplow events table, with nothing but settings."""

from pathlib import Path

import pytest

EVENTS = Path(__file__).parents[3] / "shared" / "data" / "snowplow_like_events" / "events.csv"
COLUMNS = {
    "customer_id": "domain_userid",
    "source": "mkt_source",
    "medium": "mkt_medium",
    "campaign": "mkt_campaign",
}
SETTINGS = {
    "touches_source": "events",
    "touches_fields": {"touch_id": "event_id", "touched_at": "derived_tstamp", **COLUMNS},
    "conversions_source": "events",
    "conversions_fields": {
        "conversion_id": "event_id",
        "customer_id": "domain_userid",
        "converted_at": "derived_tstamp",
        "revenue": "tr_total",
    },
    "conversion_clause": "tr_total > 0",
}
pytestmark = pytest.mark.skipif(
    not EVENTS.is_file(), reason="the events are not at ../shared/data/snowplow_like_events"
)


@pytest.fixture(scope="module")
def site(new_warehouse):
    warehouse = new_warehouse("site")
    loaded = warehouse.run("conversionflow", "load", "events", str(EVENTS))
    assert loaded.code == 0, loaded.output
    outcome = warehouse.dbt("build", settings=SETTINGS)
    assert outcome.code == 0, outcome.output
    return warehouse


def test_every_event_is_a_touch_or_a_conversion(site):
    assert site.query("select sum(touch_count), count(conversion_id), sum(revenue) from journeys") == [
        (92, 6, pytest.approx(500.92))
    ]
    assert site.query("select count(*) from rejected_rows") == [(0,)]


def test_utm_fields_become_channels(site):
    channels = dict(site.query("select touchpoint, count(*) from journey_touches group by 1"))
    assert sum(channels.values()) == 92
    print(channels)


def test_sources_that_no_rule_knows_are_counted(site):
    ((notes,),) = site.query("select warnings from run_manifest")
    print(notes)
