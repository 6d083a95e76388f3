"""The walk-through of docs/your-own-data.md on a shop's real export, with nothing but settings."""

from pathlib import Path

import pytest

EVENTS = Path(__file__).parents[3] / "shared" / "data" / "ga4_like_events" / "events.csv"
SETTINGS = {
    "touches_source": "events",
    "touches_fields": {
        "touch_id": "event_id",
        "customer_id": "user_pseudo_id",
        "touched_at": "event_timestamp",
    },
    "conversions_source": "events",
    "conversions_fields": {
        "conversion_id": "event_id",
        "customer_id": "user_pseudo_id",
        "converted_at": "event_timestamp",
    },
    "conversion_clause": "event_name = 'purchase'",
}
pytestmark = pytest.mark.skipif(
    not EVENTS.is_file(), reason="the shop's events are not at ../shared/data/ga4_like_events"
)


@pytest.fixture(scope="module")
def shop(verified_on_each_target):
    warehouse = verified_on_each_target("shop")
    loaded = warehouse.run("conversionflow", "load", "events", str(EVENTS))
    assert loaded.code == 0, loaded.output
    outcome = warehouse.dbt("build", "--exclude-resource-type", "unit_test", settings=SETTINGS)
    assert outcome.code == 0, outcome.output
    return warehouse


def test_all_events_are_in_journeys(shop):
    assert shop.query("select sum(touch_count), count(conversion_id) from journeys") == [(1057, 134)]
    assert shop.query("select count(*) from rejected_rows") == [(0,)]


def test_sources_become_channels_and_none_is_left_over(shop):
    channels = {row[0] for row in shop.query("select distinct touchpoint from journey_touches")}
    assert channels == {
        "direct", "paid_search_brand", "organic_search", "paid_social", "email", "referral", "retargeting",
    }  # fmt: skip


def test_every_method_credits_every_conversion_once(shop):
    rows = shop.query("select method, sum(conversions), sum(revenue) from attribution group by 1 order by 1")
    revenue = float(shop.query("select sum(revenue) from raw.events where event_name = 'purchase'")[0][0])
    assert [row[0] for row in rows] == ["first_touch", "last_touch", "linear", "markov"]
    for _, conversions, credited in rows:
        assert conversions == pytest.approx(134, abs=1e-9)
        assert credited == pytest.approx(revenue, abs=0.005)


def test_the_manifest_says_what_is_missing_and_why_there_is_no_plan(shop):
    ((count, text),) = shop.query("select degradation_count, degradations from run_manifest")
    assert count == 2
    assert "There is no spend, so there is no budget advice" in text
    assert "conversionflow load spend FILE" in text
    assert "There is no sales table" in text
    assert shop.query("select count(*) from budget_plans") == [(0,)]
    assert shop.query("select count(*) from attribution_scope where tracked_share is not null") == [(0,)]


def test_show_says_there_is_no_plan(shop):
    shown = shop.run("conversionflow", "show")
    assert shown.code == 0
    assert "There is no budget plan" in shown.output
