"""The world's exact answers against brute force, finite differences and a slow walk written apart."""

import datetime as dt
import itertools
import json

import numpy as np
import pyarrow.compute as pc
import pytest

from conversionflow.core.errors import InfeasibleBudgetError, InputError, SettingsError
from conversionflow.simulation import World, demo, demo_world, truth_tables
from conversionflow.simulation.history import holiday_days
from conversionflow.simulation.network import Network
from conversionflow.simulation.response import FLAT, Response, Responses


@pytest.fixture(scope="module")
def world():
    return demo_world(200_000, seed=3)


@pytest.fixture(scope="module")
def best(world):
    return world.best_plan()


def multiplier(response, ratio):
    power = ratio ** response["shape"]
    curve = (1 + response["saturation"]) * power / (1 + response["saturation"] * power)
    return response["floor"] + (1 - response["floor"]) * curve


def ratios_of(market, spend):
    """Spend over its mean, from the world's json alone."""
    ratios = {}
    for touchpoint in market["touchpoints"]:
        cents = touchpoint["spend_cents"]
        mean = sum(cents) / 100 / len(cents) if cents else None
        ratios[touchpoint["name"]] = spend[touchpoint["name"]] / mean if mean else 1.0
    return ratios


def pick(weights, rng):
    """A key drawn in proportion to its weight."""
    left = rng.random() * sum(weights.values())
    for key, weight in weights.items():
        left -= weight
        if left < 0:
            return key
    return key


def slow_walk(market, spend, journeys, rng):
    """Conversions per week by walking journeys one at a time; estimate and its standard error."""
    points = {t["name"]: t for t in market["touchpoints"]}
    ratios = ratios_of(market, spend)
    rates = {name: t["entries"] * multiplier(t["entry_response"], ratios[name]) for name, t in points.items()}
    converted = 0
    for _ in range(journeys):
        at = pick(rates, rng)
        while at in points:
            here = points[at]
            chances = {n: p * multiplier(points[n]["pull"], ratios[n]) for n, p in here["moves"].items()}
            chances["sold"] = here["converts"] * multiplier(here["convert_response"], ratios[at])
            chances["lost"] = 1 - sum(chances.values())
            at = pick(chances, rng)
        converted += at == "sold"
    total, share = sum(rates.values()), converted / journeys
    return total * share, total * (share * (1 - share) / journeys) ** 0.5


@pytest.mark.parametrize("name", ["Italy", "Spain"])
def test_expected_conversions_agree_with_a_walk_of_single_journeys(world, name):
    rng = np.random.default_rng(11)
    plan = {key: money * rng.uniform(0.3, 2.5) for key, money in world.current_plan().items()}
    market = next(m for m in json.loads(world.to_json())["markets"] if m["name"] == name)
    walked, error = slow_walk(market, {t: s for (m, t), s in plan.items() if m == name}, 20_000, rng)
    conditions = np.mean(market["conditions"][-19:-6])
    assert abs(world.expected_conversions_by_market(plan)[name] / conditions - walked) < 4 * error


def test_total_is_the_sum_of_the_markets(world):
    plan = world.current_plan()
    assert world.expected_conversions(plan) == sum(world.expected_conversions_by_market(plan).values())


def test_reference_weeks_can_be_chosen(world):
    plan = world.current_plan()
    one_week = world.expected_conversions_by_market(plan, slice(50, 51))["Italy"]
    other = world.expected_conversions_by_market(plan, slice(51, 52))["Italy"]
    conditions = world.market("Italy").conditions
    assert one_week / other == pytest.approx(conditions[50] / conditions[51], rel=1e-12)


def test_marginal_conversions_are_finite_differences(world):
    plan, step = world.current_plan(), 1e-3
    for key, slope in world.marginal_conversions(plan).items():
        up = world.expected_conversions({**plan, key: plan[key] + step})
        down = world.expected_conversions({**plan, key: plan[key] - step})
        assert slope == pytest.approx((up - down) / (2 * step), rel=1e-5)


def test_conversions_of_a_two_touchpoint_chain_by_hand():
    flat = Responses([FLAT, FLAT])
    network = Network(
        np.array([10.0, 4.0]), np.array([[0.0, 0.5], [0.2, 0.0]]), np.array([0.1, 0.3]), flat, flat, flat
    )
    # v1 = 0.1 + 0.5 v2 and v2 = 0.3 + 0.2 v1 give v1 = 0.25 / 0.9 and v2 = 0.32 / 0.9
    assert network.conversions(np.ones(2)) == pytest.approx((10 * 0.25 + 4 * 0.32) / 0.9)


def test_responses_are_one_at_mean_spend_and_reach_their_limit():
    responses = Responses([Response(0.2, 0.7, 4.0), Response(0.1, 0.8, 0.0), FLAT])
    np.testing.assert_allclose(responses.value(np.ones(3)), 1.0)
    np.testing.assert_allclose(responses.value(np.zeros(3)), [0.2, 0.1, 1.0])
    np.testing.assert_allclose(responses.limit, [0.2 + 0.8 * 1.25, np.inf, 1.0])
    # half saturation of Hill's curve is at q ** (-1 / s)
    half = Responses([Response(0.0, 0.7, 4.0)]).value(np.array([4.0 ** (-1 / 0.7)]))
    np.testing.assert_allclose(half, 1.25 / 2)


def test_chances_that_could_exceed_one_are_refused():
    pulls = Responses([Response(0.0, 1.0, 0.5)])
    flat = Responses([FLAT])
    with pytest.raises(InputError, match=r"reach 1\.200"):
        Network(np.array([1.0]), np.array([[0.4]]), np.array([0.0]), flat, pulls, flat)


@pytest.mark.parametrize("seed", range(1, 7))
def test_chances_are_valid_at_any_spend(seed):
    for market in demo_world(50_000, seed).markets:
        highest = 3 * market.weekly_ratios.max(axis=0)
        for ratio in (np.zeros(10), np.ones(10), highest, 1e9 * highest):
            steps = market.network.steps(ratio)
            assert steps.min() >= 0
            np.testing.assert_allclose(steps.sum(axis=1), 1.0)


@pytest.mark.parametrize("seed", range(1, 7))
def test_demo_markets_have_a_plausible_shape_and_a_real_but_modest_uplift(seed):
    world = demo_world(100_000, seed)
    current = world.current_plan()
    uplift = world.expected_conversions(world.best_plan()) / world.expected_conversions(current) - 1
    assert 0.07 < uplift < 0.16
    for market in world.markets:
        ratio = np.ones(10)
        journeys = market.network.entry_rates(ratio).sum()
        assert 2.5 < market.network.visits(ratio).sum() / journeys < 3
        assert 0.05 < market.network.conversions(ratio) / journeys < 0.085


def test_dark_touchpoints_are_off_in_about_a_sixth_of_the_weeks(world):
    for market in world.markets:
        dark = {name: np.mean(np.array(t.spend_cents) == 0) for name, t in market.paid.items()}
        assert {name for name, share in dark.items() if share} == {"display", "video"}
        assert all(0.08 <= dark[name] <= 0.24 for name in ("display", "video"))


def test_spend_series_vary_and_are_not_collinear(world):
    for market in world.markets:
        logs = np.log(
            [np.maximum(t.spend_cents, 1) for n, t in market.paid.items() if n not in ("display", "video")]
        )
        assert (logs.std(axis=1) > 0.2).all()
        assert np.abs(np.corrcoef(logs) - np.eye(len(logs))).max() < 0.7


def test_public_holidays_are_counted_in_their_week():
    italy, spain = (holiday_days(code, dt.date(2024, 1, 1), 104) for code in ("IT", "ES"))
    assert italy[[0, 13, 51]].tolist() == [2, 1, 2]  # New Year and Epiphany, Easter Monday, Christmas
    assert spain[[12, 32, 51]].tolist() == [1, 1, 1]  # Good Friday, Assumption, Christmas
    assert italy[[1, 2, 3]].sum() == 0


def test_each_holiday_takes_a_share_of_the_weeks_entries(monkeypatch):
    with_holidays = demo_world(10_000, 1).market("Spain").conditions
    monkeypatch.setattr(demo, "holiday_days", lambda *_: np.zeros(104))
    without = demo_world(10_000, 1).market("Spain").conditions
    days = holiday_days("ES", dt.date(2024, 1, 1), 104)
    np.testing.assert_allclose(np.divide(with_holidays, without), 0.93**days)


def test_json_round_trip_is_exact(world):
    again = World.from_json(world.to_json())
    assert again == world
    assert again.to_json() == world.to_json()


def test_seed_decides_the_world():
    assert demo_world(50_000, 5) == demo_world(50_000, 5)
    assert demo_world(50_000, 5) != demo_world(50_000, 6)


def test_scale_changes_neither_shares_nor_uplift():
    small, large = demo_world(20_000, 2), demo_world(20_000_000, 2)
    plans = small.best_plan(), large.best_plan()
    shares = [np.array(list(plan.values())) / sum(plan.values()) for plan in plans]
    np.testing.assert_allclose(*shares, atol=2e-3)
    assert sum(plans[1].values()) / sum(plans[0].values()) == pytest.approx(1000, rel=2e-3)
    conversions = [w.expected_conversions(plan) for w, plan in zip((small, large), plans, strict=True)]
    assert conversions[1] / conversions[0] == pytest.approx(1000, rel=2e-3)


def test_current_plan_is_the_mean_of_the_last_thirteen_weeks(world):
    cents = world.market("Spain").paid["video"].spend_cents
    assert world.current_plan()["Spain", "video"] == pytest.approx(sum(cents[91:104]) / 1300)


def test_best_plan_keeps_total_and_bounds(world, best):
    current = world.current_plan()
    assert sum(best.values()) == pytest.approx(sum(current.values()), rel=1e-12)
    assert all(0.5 * current[key] - 1e-9 <= best[key] <= 2 * current[key] + 1e-9 for key in current)


def test_best_plan_satisfies_the_optimality_conditions(world, best):
    current, marginal = world.current_plan(), world.marginal_conversions(best)
    ratio = {key: best[key] / current[key] for key in current}
    inside = [marginal[key] for key in current if 0.501 < ratio[key] < 1.999]
    price = np.mean(inside)
    assert len(inside) >= 2
    np.testing.assert_allclose(inside, price, rtol=2e-3)
    assert all(marginal[key] <= price * 1.002 for key in current if ratio[key] <= 0.501)
    assert all(marginal[key] >= price * 0.998 for key in current if ratio[key] >= 1.999)


def test_best_plan_beats_every_random_plan_and_transfer(world, best):
    current = world.current_plan()
    keys, money, total = list(current), np.array(list(current.values())), sum(current.values())
    rng = np.random.default_rng(5)
    top = world.expected_conversions(best)
    beaten = 0
    while beaten < 500:
        spend = money * rng.uniform(0.5, 2.0, len(money))
        spend *= total / spend.sum()
        if (spend >= 0.5 * money).all() and (spend <= 2 * money).all():
            assert world.expected_conversions(dict(zip(keys, spend, strict=True))) < top
            beaten += 1
    for giver, taker in itertools.permutations(keys, 2):
        amount = min(0.01 * total, best[giver] - 0.5 * current[giver], 2 * current[taker] - best[taker])
        moved = {**best, giver: best[giver] - amount, taker: best[taker] + amount}
        assert world.expected_conversions(moved) <= top * (1 + 1e-9)


def test_best_plan_of_another_total(world):
    total = 1.3 * sum(world.current_plan().values())
    assert sum(world.best_plan(total).values()) == pytest.approx(total, rel=1e-12)


def test_impossible_total_is_refused(world):
    with pytest.raises(InfeasibleBudgetError, match="outside the bounds"):
        world.best_plan(3 * sum(world.current_plan().values()))


@pytest.mark.parametrize(
    "change", [{("Italy", "email"): 5.0}, {("Italy", "video"): -1.0}, {("Spain", "display"): np.nan}]
)
def test_plans_with_wrong_keys_or_amounts_are_refused(world, change):
    with pytest.raises(InputError):
        world.expected_conversions({**world.current_plan(), **change})


def test_plan_without_a_paid_touchpoint_is_refused(world):
    plan = world.current_plan()
    del plan["Spain", "affiliate"]
    with pytest.raises(InputError, match="affiliate"):
        world.expected_conversions(plan)


@pytest.mark.parametrize("settings", [{"events": 999}, {"events": 100_000_001}, {"seed": -1}])
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(SettingsError):
        demo_world(**settings)


def test_transition_matrix_is_stochastic_and_follows_spend(world):
    matrix = world.transition_matrix("Italy")
    assert list(matrix.index) == list(matrix.columns)
    np.testing.assert_allclose(matrix.sum(axis=1), 1.0)
    mean = {name: world.market("Italy").mean_spend(name) for name in world.market("Italy").paid}
    np.testing.assert_allclose(world.transition_matrix("Italy", mean), matrix, rtol=1e-12)
    more = world.transition_matrix("Italy", {**mean, "retargeting": 2 * mean["retargeting"]})
    assert (more["retargeting"] > matrix["retargeting"]).iloc[:-2].all()
    assert more.loc["email", "affiliate"] == matrix.loc["email", "affiliate"]


def test_truth_of_transitions_collapses_repeats(world):
    rows = truth_tables(world)["transitions"].to_pandas()
    assert set(rows["touchpoint_from"]) == set(world.market("Italy").names) | {"(start)"}
    columns = [name for name in rows if name.startswith("probability")]
    sums = rows.groupby(["market", "touchpoint_from"])[columns].sum()
    np.testing.assert_allclose(sums, 1.0)
    matrix = world.transition_matrix("Spain")
    spain = rows[rows["market"] == "Spain"].set_index(["touchpoint_from", "touchpoint_to"])
    kept = spain.loc[("display", "email"), "probability_collapsed"]
    assert kept == pytest.approx(matrix.loc["display", "email"] / (1 - matrix.loc["display", "display"]))
    assert spain.loc[("display", "display"), "probability_collapsed"] == 0


def test_truth_of_responses_passes_through_the_current_plan(world):
    rows = truth_tables(world)["response"].to_pandas()
    current = world.current_plan()
    assert len(rows) == 31 * len(current)
    today = world.expected_conversions_by_market(current)
    for (market, touchpoint), curve in rows.groupby(["market", "touchpoint"]):
        spend = current[market, touchpoint]
        assert np.interp(spend, curve["spend_per_week"], curve["conversions"]) == pytest.approx(today[market])
        assert curve["spend_per_week"].iloc[[0, -1]].tolist() == pytest.approx([0, 3 * spend])
        assert (np.diff(curve["conversions"]) > 0).all()


def test_truth_of_plan_and_world(world, best):
    tables = truth_tables(world)
    rows = tables["plan"].to_pandas().set_index(["market", "touchpoint"])
    assert rows["best_spend"].to_dict() == pytest.approx(best)
    assert rows["conversions_best"].unique().tolist() == [pytest.approx(world.expected_conversions(best))]
    assert pc.min(tables["plan"]["conversions_current"]).as_py() == world.expected_conversions(
        world.current_plan()
    )
    assert World.from_json(tables["world"]["json"][0].as_py()) == world
