"""The frontier against the exact one of concave curves, and the plan recommended on it."""

import numpy as np
import pytest
from curves import SummedCurves, make, value

from conversionflow.core.errors import InputError
from conversionflow.optimization import (
    Downside,
    ExpectedConversions,
    GeneticSettings,
    hypervolume,
    moved_share,
    non_dominated_ranks,
    search_frontier,
    water_filling,
)

SETTINGS = GeneticSettings(frontier_generations=10)


def bounds_of_front(response, problem, moved, count=25):
    """Most conversions with the money moved, (m,): the front is concave, each price on moving bounds it."""
    today = problem.current
    lines = []
    for price in np.append(np.geomspace(1e-3, 1.0, count) * np.ptp(response.marginals(today)) / 2, 0.0):

        def marginals(spend, price=price):
            return response.marginals(spend) - price * np.sign(spend - today)

        plan = water_filling(marginals, problem.low, problem.high, problem.total)
        best = value(response, plan) - price * np.abs(plan - today).sum()
        lines.append(best + price * 2 * problem.total * moved)
    return np.min(lines, axis=0)


@pytest.mark.parametrize("seed", range(2))
def test_the_frontier_dominates_what_the_exact_one_does(seed):
    response, problem = make(12, seed, kind=SummedCurves)
    frontier = search_frontier([ExpectedConversions(response)], problem, SETTINGS)
    found = frontier.plans[["conversions", "moved_share"]].to_numpy() * [1.0, -1.0]
    assert (found[:, 0] <= bounds_of_front(response, problem, -found[:, 1]) * (1 + 1e-9)).all()
    base, moved = value(response, problem.current), np.linspace(0.0, -found[:, 1].min(), 2000)
    most = np.trapezoid(bounds_of_front(response, problem, moved) - base, moved)
    assert hypervolume(found, np.array([base, found[:, 1].min() - 1e-12])) >= 0.99 * most


def test_no_plan_on_the_frontier_beats_another_and_each_is_exact_to_the_cent():
    response, problem = make(8, 3, draws=20)
    goals = [ExpectedConversions(response), Downside(ExpectedConversions(response), 0.2)]
    frontier = search_frontier(goals, problem, GeneticSettings(frontier_generations=5, frontier_points=8))
    spend = frontier.spend.pivot_table(index="plan_id", columns="touchpoint", values="spend", sort=False)
    plans = spend[[touchpoint for _, touchpoint in problem.keys]].to_numpy()
    assert (np.round(plans.sum(axis=1) * 100) == round(problem.total * 100)).all()
    assert ((plans >= problem.low) & (plans <= problem.high)).all()
    figures = frontier.plans[["conversions", "downside", "moved_share"]].to_numpy()
    expected = [goal.values(plans) for goal in goals]
    np.testing.assert_allclose(figures[:, :2], np.column_stack(expected))
    np.testing.assert_allclose(figures[:, 2], moved_share(plans, problem.current, problem.total))
    assert (non_dominated_ranks(figures * [1, 1, -1]) == 0).all()
    assert frontier.plans["plan_id"].tolist() == list(range(1, len(plans) + 1))
    assert frontier.plans["moved_share"].is_monotonic_increasing


def test_the_recommended_plan_keeps_most_of_the_uplift_and_none_nearer_does():
    response, problem = make(8, 4, kind=SummedCurves)
    plans = search_frontier([ExpectedConversions(response)], problem, SETTINGS).plans
    base, best = value(response, problem.current), plans["conversions"].max()
    chosen = plans[plans["recommended"]]
    assert len(chosen) == 1
    enough = base + 0.9 * (best - base)
    assert chosen["conversions"].item() >= enough
    nearer = plans[plans["moved_share"] < chosen["moved_share"].item()]
    assert len(nearer)
    assert (nearer["conversions"] < enough).all()
    assert plans["moved_share"].iloc[0] == 0


def test_a_frontier_needs_goals_of_its_problem():
    _, problem = make(4, 0)
    other, _ = make(5, 0)
    for goals in ([], [ExpectedConversions(other)]):
        with pytest.raises(InputError, match="one or more goals"):
            search_frontier(goals, problem, SETTINGS)


def test_where_nothing_can_move_the_frontier_is_one_plan():
    response, problem = make(3, 0)
    fixed = type(problem)(problem.keys, problem.current, problem.current, problem.current, problem.total)
    plans = search_frontier([ExpectedConversions(response)], fixed, SETTINGS).plans
    assert len(plans) == 1
    assert plans["recommended"].item()
