"""Simulated raw tables against the truth that they were drawn from."""

import datetime as dt
import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from conversionflow.core.errors import SettingsError
from conversionflow.simulation import demo_world, journeys, simulate, truth_tables

EVENTS = 150_000
FIRST_DAY, AFTER = pd.Timestamp("2024-01-01"), pd.Timestamp("2025-12-29")


def collect(world, chunk_events=1_000_000):
    chunks = list(simulate(world, chunk_events))
    names = ("touches", "conversions", "spend", "sales")
    return {name: pa.concat_tables([chunk[name] for chunk in chunks if name in chunk]) for name in names}


def valid_touches(raw):
    """Valid touches, once each, in order of customer and time."""
    rows = raw["touches"].to_pandas().drop_duplicates("touch_id")
    rows = rows[rows["customer_id"].notna() & (rows["channel"] != "") & (rows["touched_at"] < AFTER)]
    return rows.sort_values(["customer_id", "touched_at"], ignore_index=True)


def valid_conversions(raw):
    rows = raw["conversions"].to_pandas().drop_duplicates("conversion_id")
    return rows[rows["revenue"] > 0]


def with_followers(touches, conversions):
    """Every touch with what followed it: a touchpoint, (conversion), or (null) after 30 days of nothing."""
    sold = conversions.rename(columns={"converted_at": "touched_at"}).assign(channel="(conversion)")
    columns = ["customer_id", "touched_at", "channel", "market"]
    events = pd.concat([touches[columns], sold[columns]])
    events = events.sort_values(["customer_id", "touched_at"], ignore_index=True)
    same = events["customer_id"].eq(events["customer_id"].shift(-1))
    days = (events["touched_at"].shift(-1) - events["touched_at"]) / pd.Timedelta(days=1)
    events["days"] = days.where(same)
    events["follows"] = events["channel"].shift(-1).where(same & (days < 30), "(null)")
    return events[events["channel"] != "(conversion)"]


@pytest.fixture(scope="module")
def world():
    return demo_world(EVENTS, seed=7)


@pytest.fixture(scope="module")
def raw(world):
    return collect(world)


@pytest.fixture(scope="module")
def touches(raw):
    return valid_touches(raw)


@pytest.fixture(scope="module")
def conversions(raw):
    return valid_conversions(raw)


@pytest.fixture(scope="module")
def touched(touches, conversions):
    """Whether each conversion's customer has any touch."""
    customers = set(touches["customer_id"])
    return np.array([customer in customers for customer in conversions["customer_id"]])


@pytest.fixture(scope="module")
def steps(touches, conversions):
    return with_followers(touches, conversions)


def multiplier(response, ratio):
    power = ratio ** response["shape"]
    curve = (1 + response["saturation"]) * power / (1 + response["saturation"] * power)
    return response["floor"] + (1 - response["floor"]) * curve


def weekly_chances(market):
    """Chances of what follows each touchpoint in each week, from the world's json alone."""
    cents = {t["name"]: np.array(t["spend_cents"] or [1.0] * 104) for t in market["touchpoints"]}
    ratio = {name: values / values.mean() for name, values in cents.items()}
    pulls = {t["name"]: multiplier(t["pull"], ratio[t["name"]]) for t in market["touchpoints"]}
    chances = {}
    for t in market["touchpoints"]:
        out = {name: chance * pulls[name] for name, chance in t["moves"].items()}
        out["(conversion)"] = t["converts"] * multiplier(t["convert_response"], ratio[t["name"]])
        out["(null)"] = 1 - sum(out.values())
        chances[t["name"]] = out
    return chances


def test_chances_of_every_week_are_those_of_the_formula(world):
    for market, written in zip(world.markets, json.loads(world.to_json())["markets"], strict=True):
        steps = market.network.steps(market.weekly_ratios)
        for row, chances in enumerate(weekly_chances(written).values()):
            by_formula = np.column_stack([np.broadcast_to(chance, 104) for chance in chances.values()])
            np.testing.assert_allclose(steps[:, row], by_formula, atol=1e-12)


def score(happened, chance, weight):
    """Standardised sum of weighted deviations from the chances; none where nothing is left to chance."""
    spread = np.sqrt((weight**2 * chance * (1 - chance)).sum())
    deviation = (weight * (happened - chance)).sum()
    assert spread > 0 or deviation == 0
    return [deviation / spread] if spread > 0 else []


def test_moves_follow_the_chances_of_the_week_of_the_touch(world, steps):
    closed = steps[steps["touched_at"] < AFTER - pd.Timedelta(days=31)]
    levels, timing = [], []
    for market in json.loads(world.to_json())["markets"]:
        chances = weekly_chances(market)
        for name, rows in closed[closed["market"] == market["name"]].groupby("channel"):
            week = ((rows["touched_at"] - FIRST_DAY).dt.days // 7).to_numpy()
            for target, by_week in chances[name].items():
                happened = (rows["follows"] == target).to_numpy().astype(float)
                chance = np.broadcast_to(by_week, 104)[week]
                levels += score(happened, chance, np.ones(len(chance)))
                if target == "retargeting":
                    timing += score(happened, chance, chance / chance.mean() - 1)
    assert len(levels) == 2 * (10 * 12 - 2)  # affiliate and email never follow themselves
    assert np.abs(levels).max() < 4.5
    assert 0.7 < np.mean(np.square(levels)) < 1.35
    assert abs(np.sum(timing)) < 4 * np.sqrt(len(timing))


def test_pooled_frequencies_estimate_the_average_truth(world, steps):
    closed = steps[steps["touched_at"] < AFTER - pd.Timedelta(days=31)]
    observed = closed.groupby(["market", "channel"])["follows"].value_counts(normalize=True)
    truth = truth_tables(world)["transitions"].to_pandas()
    truth = truth[truth["touchpoint_from"] != "(start)"].set_index(
        ["market", "touchpoint_from", "touchpoint_to"]
    )
    observed = observed.reindex(truth.index, fill_value=0.0)
    visits = closed.groupby(["market", "channel"]).size()
    visits = np.array([visits[market, name] for market, name, _ in truth.index])
    error = np.sqrt(truth["probability_average"] * (1 - truth["probability_average"]) / visits)
    assert (np.abs(observed - truth["probability_average"]) < 4.5 * error + 1e-12).all()


def test_conversions_are_as_many_as_expected(world, conversions, touched):
    for market in world.markets:
        expected = sum(
            conditions * float(market.network.conversions(ratio))
            for conditions, ratio in zip(market.conditions, market.weekly_ratios, strict=True)
        )
        count = (touched & (conversions["market"] == market.name)).sum()
        assert abs(count - expected) < 4 * 1.2 * np.sqrt(expected)


def test_some_conversions_have_no_touch(touched):
    share = 1 - touched.mean()
    assert 0.012 < share < 0.035


def test_history_begins_and_ends_in_the_middle_of_journeys(world, conversions, touches):
    assert touches["touched_at"].min() >= FIRST_DAY
    assert conversions["converted_at"].between(FIRST_DAY, AFTER, inclusive="left").all()
    last_day = touches["touched_at"] >= AFTER - pd.Timedelta(days=1)
    assert last_day.sum() > 0.3 * len(touches) / 728
    early = touches["touched_at"] < FIRST_DAY + pd.Timedelta(days=7)
    expected = sum(m.conditions[0] * m.network.visits(m.weekly_ratios[0]).sum() for m in world.markets)
    assert early.sum() == pytest.approx(expected, rel=0.15)


def test_number_of_events_is_the_one_asked_for(raw):
    assert raw["touches"].num_rows + raw["conversions"].num_rows == pytest.approx(EVENTS, rel=0.03)


def test_touches_of_a_journey_are_never_far_apart(steps):
    days = steps["days"].dropna()
    assert not days.between(20.0, 37.0, inclusive="neither").any()
    within = days[days <= 20]
    assert 1.0 < within.median() < 2.0


def test_who_had_a_long_journey_does_not_return(monkeypatch):
    monkeypatch.setattr(journeys, "GAP_MEDIAN_DAYS", 8.0)
    raw = collect(demo_world(20_000, seed=1))
    days = with_followers(valid_touches(raw), valid_conversions(raw))["days"].dropna()
    assert (days > 37).sum() > 100
    assert not days.between(20.0, 37.0, inclusive="neither").any()


def test_conversions_follow_the_last_touch_within_three_days(steps):
    days = steps.loc[steps["follows"] == "(conversion)", "days"]
    assert days.max() <= 3.0
    assert days.median() < 1.0


def test_returning_customers_come_back_late_and_are_about_fifteen_percent(steps):
    steps = steps.assign(first=~steps["customer_id"].duplicated())
    pause = steps["touched_at"] - steps.groupby("customer_id")["touched_at"].shift()
    starts = steps[steps["first"] | (pause > pd.Timedelta(days=30))]
    starts = starts[starts["touched_at"] > FIRST_DAY + pd.Timedelta(days=40)]  # later than any start not seen
    between = starts.groupby("customer_id")["touched_at"].diff().dropna()
    assert between.min() >= pd.Timedelta(days=60)
    late_starts = starts[starts["touched_at"] > FIRST_DAY + pd.Timedelta(weeks=30)]
    assert 0.11 < (~late_starts["first"]).mean() < 0.17


def test_flaws_are_few_and_of_every_kind(raw, touches, conversions):
    rows = raw["touches"].to_pandas()
    flaws = {
        "no customer": rows["customer_id"].isna(),
        "no channel": rows["channel"] == "",
        "no time": rows["touched_at"].isna(),
        "future": rows["touched_at"] >= AFTER,
    }
    assert all(flaw.any() for flaw in flaws.values())
    assert 0.0004 < sum(flaw.sum() for flaw in flaws.values()) / len(rows) < 0.0006
    assert 0.002 < rows.duplicated().mean() < 0.004
    sold = raw["conversions"].to_pandas()
    assert (sold["revenue"] < 0).sum() == 1
    assert 0 < sold.duplicated().sum() < 0.01 * len(sold)
    wrong = sold[sold["revenue"] < 0]
    assert not set(wrong["customer_id"]) & (set(touches["customer_id"]) | set(conversions["customer_id"]))


def test_ids_are_unique_but_for_the_planted_duplicates(raw):
    for table, key in (("touches", "touch_id"), ("conversions", "conversion_id")):
        rows = raw[table].to_pandas()
        assert (rows[key].duplicated() == rows.duplicated()).all()


def test_no_valid_event_is_lost_to_the_flaws(touches, conversions):
    for ids in (touches["touch_id"], conversions["conversion_id"]):
        assert sorted(ids.str[1:].astype(int)) == list(range(len(ids)))


def test_late_rows_are_few(raw, touches):
    rows = raw["touches"].to_pandas().drop_duplicates("touch_id").set_index("touch_id")
    times = rows.loc[rows.index < "t9", "touched_at"]
    assert len(times) == len(touches)
    assert 0.003 < (times < times.cummax()).mean() < 0.007


def test_weekly_spend_adds_up_to_the_cent(world, raw):
    rows = raw["spend"].to_pandas()
    assert (rows["spend"] < 0).sum() == 1
    rows = rows[rows["spend"] > 0]
    week = (pd.to_datetime(rows["spend_date"]) - FIRST_DAY).dt.days // 7
    cents = (rows["spend"] * 100).astype(int).groupby([rows["market"], rows["channel"], week]).sum()
    for market in world.markets:
        for name, touchpoint in market.paid.items():
            by_week = cents[market.name, name].reindex(range(104), fill_value=0)
            assert by_week.tolist() == list(touchpoint.spend_cents)


def test_impressions_and_clicks_fit_the_spend(world, raw):
    rows = raw["spend"].to_pandas()
    rows = rows[(rows["spend"] > 0) & (rows["market"] == "Italy")]
    assert (rows["clicks"] <= rows["impressions"]).all()
    sums = (
        rows.assign(spend=rows["spend"].astype(float))
        .groupby("channel")[["spend", "impressions", "clicks"]]
        .sum()
    )
    for name, touchpoint in world.market("Italy").paid.items():
        assert 1000 * sums.loc[name, "spend"] / sums.loc[name, "impressions"] == pytest.approx(
            touchpoint.cost_per_mille, rel=0.02
        )
        assert sums.loc[name, "clicks"] / sums.loc[name, "impressions"] == pytest.approx(
            touchpoint.click_through_rate, rel=0.1
        )


def test_tracked_orders_are_a_twentieth_and_never_more_than_all(raw, conversions):
    sales = raw["sales"].to_pandas().set_index(["sales_date", "market"])
    assert len(sales) == 2 * 728
    keys = [conversions["converted_at"].dt.date.rename("sales_date"), conversions["market"]]
    orders = conversions.groupby(keys).size().reindex(sales.index, fill_value=0)
    revenue = conversions.groupby(keys)["revenue"].sum().reindex(sales.index, fill_value=0)
    assert (sales["orders"] >= orders).all()
    assert (sales["revenue"] >= revenue).all()
    assert orders.sum() / sales["orders"].sum() == pytest.approx(0.05, abs=0.003)
    assert float(revenue.sum()) / float(sales["revenue"].sum()) == pytest.approx(0.05, abs=0.004)


def test_order_values_have_the_mean_of_the_market(world, conversions):
    for market in world.markets:
        values = conversions.loc[conversions["market"] == market.name, "revenue"].astype(float)
        assert abs(values.mean() - market.order_value) < 4 * values.std() / np.sqrt(len(values))


def test_columns_have_the_types_of_the_raw_contract(raw):
    money, text, time = pa.decimal128(18, 2), pa.string(), pa.timestamp("us")
    assert raw["touches"].schema == pa.schema(
        {
            "touch_id": text,
            "customer_id": text,
            "touched_at": time,
            "channel": text,
            "campaign": text,
            "market": text,
            "interaction": text,
            "cost": money,
        }
    )
    assert raw["conversions"].schema == pa.schema(
        {
            "conversion_id": text,
            "customer_id": text,
            "converted_at": time,
            "revenue": money,
            "conversion_type": text,
            "market": text,
        }
    )
    assert raw["spend"].schema.field("spend_date").type == pa.date32()
    assert raw["spend"].schema.field("spend").type == money
    assert raw["sales"].schema.field("revenue").type == money
    for table in raw.values():
        table.validate(full=True)


def test_campaigns_belong_to_paid_channels_only(world, touches):
    by_channel = touches.groupby("channel")["campaign"].nunique()
    paid = set(world.market("Italy").paid)
    assert by_channel.to_dict() == {name: 2 if name in paid else 0 for name in world.market("Italy").names}
    assert set(touches["interaction"]) == {"impression", "click", "visit"}


def test_same_seed_gives_the_same_rows_whatever_the_chunk():
    once, in_weeks, other = (
        collect(demo_world(10_000, seed=4)),
        collect(demo_world(10_000, seed=4), chunk_events=1),
        collect(demo_world(10_000, seed=5)),
    )
    assert all(once[name].equals(in_weeks[name]) for name in once)
    assert not any(once[name].equals(other[name]) for name in once)


def test_chunks_are_bounded():
    sizes = [
        chunk["touches"].num_rows + chunk["conversions"].num_rows
        for chunk in simulate(demo_world(40_000, seed=4), chunk_events=5_000)
        if "touches" in chunk
    ]
    assert len(sizes) == 8
    assert all(5_000 <= size < 6_500 for size in sizes[:-1])


def test_smallest_world_has_every_table_and_flaw():
    raw = collect(demo_world(10_000, seed=1))
    rows = raw["touches"].to_pandas()
    assert rows["customer_id"].isna().any()
    assert (rows["touched_at"] >= dt.datetime(2099, 1, 1)).any()
    assert raw["conversions"].num_rows > 100
    assert raw["spend"].num_rows > 10_000


def test_empty_chunks_are_refused(world):
    with pytest.raises(SettingsError, match="chunk_events"):
        simulate(world, 0)
