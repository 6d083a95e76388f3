"""Raw UTM fields become touchpoints by the seed's rules: a Snowplow events table, by settings alone."""

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
def site(verified_on_each_target):
    warehouse = verified_on_each_target("site")
    loaded = warehouse.run("conversionflow", "load", "events", str(EVENTS))
    assert loaded.code == 0, loaded.output
    outcome = warehouse.dbt("build", "--exclude-resource-type", "unit_test", settings=SETTINGS)
    assert outcome.code == 0, outcome.output
    return warehouse


def test_every_event_is_a_touch_or_a_conversion(site):
    ((touches, conversions, revenue),) = site.query(
        "select sum(touch_count), count(conversion_id), sum(revenue) from journeys"
    )
    assert (touches, conversions, float(revenue)) == (92, 6, 500.92)
    assert site.query("select count(*) from rejected_rows") == [(0,)]


def test_utm_fields_become_channels(site):
    # counted in the file by source and medium, by eye
    assert dict(site.query("select touchpoint, count(*) from journey_touches group by 1")) == {
        "direct": 42,
        "organic_search": 39,
        "referral": 7,
        "paid_search": 3,
        "affiliate": 1,
    }


def test_sources_that_no_rule_knows_are_counted(site):
    site.execute("update raw.events set mkt_medium = 'word of mouth' where mkt_medium = 'referral'")
    outcome = site.dbt("run", "--select", "+stg_touches", "run_notes", settings=SETTINGS)
    assert outcome.code == 0, outcome.output
    ((note,),) = site.query("select note from run_notes where note like '%(unassigned)%'")
    assert "7 touches of 4 " in note
    unmatched = site.query("select source, touches from stg_channel_matches where channel = '(unassigned)'")
    assert dict(unmatched) == {
        "analytics.google.com": 2,
        "quora.com": 1,
        "support.google.com": 2,
        "youtube.com": 2,
    }


def test_rejected_rows_are_warned_of(site):
    site.execute("update raw.events set domain_userid = ' ' where mkt_source = 'Partners'")
    outcome = site.dbt("run", "--select", "+rejected_rows", "run_notes", settings=SETTINGS)
    assert outcome.code == 0, outcome.output
    notes = site.query("select note from run_notes where kind = 'warning' and note like '%rejected%'")
    assert notes == [("Rows of touches that were rejected: 1; rejected_rows names them and says why",)]
