"""Goals on draws against their definitions, and their derivatives against differences."""

from dataclasses import replace

import numpy as np
import pytest
from curves import Curves, SummedCurves, make

from conversionflow.core.errors import InputError, SettingsError
from conversionflow.optimization import (
    CurveTable,
    Downside,
    ExpectedConversions,
    ExpectedRevenue,
    GeneticSettings,
    moved_share,
    optimise,
)

WORTH = {"it": 30.0, "es": 70.0}


class TwoMarkets(SummedCurves):
    """The first half of the touchpoints is one market, the rest another."""

    markets = ("it", "es")

    @property
    def keys(self):
        half = self.scale.shape[1] // 2
        return tuple(
            (self.markets[index >= half], f"touchpoint_{index:02d}") for index in range(self.scale.shape[1])
        )

    def conversions_by_market(self, plans):
        each, half = self.scale[:, None] * self.shape(plans), self.scale.shape[1] // 2
        return np.stack([each[:, :, :half].sum(axis=2), each[:, :, half:].sum(axis=2)], axis=2)


def goals(response, today):
    conversions, revenue = ExpectedConversions(response), ExpectedRevenue(response, WORTH)
    return [
        conversions,
        revenue,
        Downside(conversions, 0.2),
        Downside(revenue, 0.2),
        Downside(conversions, 0.2, today),
    ]


def test_goals_are_what_their_names_say():
    response, problem = make(6, 0, draws=20, kind=TwoMarkets)
    plans = np.stack([problem.current, problem.low, problem.high])
    draws, by_market = response.conversions(plans), response.conversions_by_market(plans)
    worth = by_market @ [30.0, 70.0]
    expected = [
        draws.mean(axis=0),
        worth.mean(axis=0),
        np.sort(draws, axis=0)[:4].mean(axis=0),
        np.sort(worth, axis=0)[:4].mean(axis=0),
        np.sort(draws - draws[:, :1], axis=0)[:4].mean(axis=0),
    ]
    for goal, values in zip(goals(response, problem.current), expected, strict=True):
        np.testing.assert_allclose(goal.values(plans), values, rtol=1e-12, atol=1e-9)


@pytest.mark.parametrize("which", range(5))
def test_derivatives_are_those_of_small_changes(which):
    response, problem = make(6, 1, draws=20, kind=TwoMarkets)
    goal = goals(response, problem.current * 0.9)[which]
    plan = problem.current * np.linspace(0.7, 1.4, 6)
    step = 1e-4 * plan
    moved = np.vstack([plan + np.diag(step), plan - np.diag(step)])
    differences = goal.values(moved).reshape(2, 6)
    value, gradient = goal.value_and_gradient(plan)
    assert value == pytest.approx(goal.values(plan[None])[0])
    np.testing.assert_allclose(gradient, (differences[0] - differences[1]) / (2 * step), rtol=1e-6)


@pytest.mark.parametrize("which", [0, 1])
def test_curves_sum_up_to_the_goal(which):
    response, problem = make(6, 2, kind=TwoMarkets)
    goal = goals(response, problem.current)[which]
    values, marginals = goal.curves(problem.current[None])
    value, gradient = goal.value_and_gradient(problem.current)
    assert values.sum() == pytest.approx(value)
    np.testing.assert_allclose(marginals[0], gradient)
    assert ExpectedConversions(make(6, 2)[0]).curves is None


def test_money_goes_where_a_conversion_brings_more():
    response, problem = make(8, 3, kind=TwoMarkets)
    settings = GeneticSettings(population=20, generations=10)
    plans = [
        optimise(response, problem, settings, goal=goal).allocation
        for goal in (None, ExpectedRevenue(response, WORTH))
    ]
    spent = [plan.groupby("market")["recommended_spend"].sum() for plan in plans]
    assert spent[1]["es"] > spent[0]["es"]


def test_a_safer_plan_is_better_in_bad_draws_and_worse_on_average():
    response, problem = make(8, 4, draws=40)
    wild = replace(response, scale=response.scale * np.random.default_rng(0).lognormal(0, 0.8, (40, 8)))
    settings = GeneticSettings(population=30, generations=30)
    safe = Downside(ExpectedConversions(wild), 0.1)
    rows = [optimise(wild, problem, settings, goal=goal).summary.iloc[0] for goal in (None, safe)]
    spends = [
        optimise(wild, problem, settings, goal=goal).allocation["recommended_spend"].to_numpy()
        for goal in (None, safe)
    ]
    bad = safe.values(np.array(spends))
    assert bad[1] > bad[0]
    assert rows[1]["conversions_recommended"] < rows[0]["conversions_recommended"]
    assert rows[1]["objective"] == "downside"
    assert rows[1]["goal_recommended"] == pytest.approx(bad[1])


def test_a_market_without_revenue_and_a_share_out_of_range_are_refused():
    response, _ = make(4, 0, kind=TwoMarkets)
    with pytest.raises(InputError, match="no revenue per conversion for es"):
        ExpectedRevenue(response, {"it": 1.0})
    with pytest.raises(SettingsError, match="share is 0"):
        Downside(ExpectedConversions(response), 0.0)


def test_the_downside_needs_single_draws():
    class Whole(Curves):
        take = None

    response, problem = make(3, 0)
    goal = Downside(ExpectedConversions(Whole(response.scale, response.half)))
    with pytest.raises(InputError, match="one by one"):
        goal.value_and_gradient(problem.current)


def test_the_share_moved_is_what_goes_elsewhere():
    plans = np.array([[60.0, 40.0], [50.0, 50.0], [100.0, 0.0]])
    assert moved_share(plans, np.array([50.0, 50.0]), 100.0).tolist() == [0.1, 0.0, 0.5]


@pytest.mark.parametrize("slope", [1.0, 3.0])
def test_a_table_of_curves_is_as_good_as_the_curves(slope):
    response, problem = make(5, 5, slope=slope, kind=SummedCurves)
    table = CurveTable.of_curves(response.curves, problem.low, problem.high, 129)
    plans = np.random.default_rng(0).uniform(problem.low, problem.high, (200, 5))
    values, marginals = response.curves(plans)
    np.testing.assert_allclose(table.by_touchpoint(plans), values, rtol=1e-7)
    np.testing.assert_allclose(table.marginals(plans), marginals, rtol=1e-3)
    assert table.concave == (slope == 1.0)
    ends, _ = response.curves(np.stack([problem.low, problem.high]))
    outside = table.by_touchpoint(np.stack([problem.low - 1.0, problem.high + 1.0]))
    np.testing.assert_allclose(outside, ends)


def test_a_table_holds_infinite_slopes_and_fixed_amounts():
    def roots(spend):
        with np.errstate(divide="ignore"):
            return np.sqrt(spend), 0.5 / np.sqrt(spend)

    table = CurveTable.of_curves(roots, np.array([0.0, 4.0]), np.array([100.0, 4.0]), 65)
    plans = np.column_stack([np.linspace(0.0, 100.0, 33), np.full(33, 4.0)])
    np.testing.assert_allclose(table.by_touchpoint(plans), np.sqrt(plans), rtol=1e-4)
    assert np.isfinite(table.marginals(plans)).all()
    assert table.concave
