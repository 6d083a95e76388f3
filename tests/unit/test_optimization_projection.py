"""Projection onto budget and bounds, and rounding to whole cents."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversionflow.core.errors import InfeasibleBudgetError
from conversionflow.optimization import cent_bounds, project, to_cents


@st.composite
def budgets(draw):
    """Random points, bounds and a reachable total, of any magnitude, with fixed amounts among them."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    size = draw(st.integers(1, 12))
    scale = 10.0 ** draw(st.integers(-2, 9))
    low = rng.uniform(0, 1, size) * scale
    width = np.where(rng.random(size) < 0.3, 0.0, rng.exponential(1.0, size)) * scale
    points = rng.normal(0.5, draw(st.sampled_from([0.1, 1.0, 100.0])), (4, size)) * scale
    share = draw(st.sampled_from([0.0, 1.0, 0.5]) | st.floats(0, 1))
    return points, low, low + width, float(low.sum() + share * width.sum())


@given(budgets())
@settings(max_examples=200, deadline=None)
def test_a_projected_plan_spends_the_total_and_never_leaves_the_bounds(budget):
    points, low, high, total = budget
    plans = project(points, low, high, total)
    assert (plans >= low).all()
    assert (plans <= high).all()
    np.testing.assert_allclose(plans.sum(axis=1), total, rtol=1e-12)


@given(budgets())
@settings(max_examples=150, deadline=None)
def test_the_projection_is_the_one_that_bisection_on_the_multiplier_gives(budget):
    points, low, high, total = budget
    reach = np.abs(points).max() + high.max()
    below, above = np.full((4, 1), -2 * reach), np.full((4, 1), 2 * reach)
    for _ in range(200):
        shift = (below + above) / 2
        short = np.clip(points + shift, low, high).sum(axis=1, keepdims=True) < total
        below, above = np.where(short, shift, below), np.where(short, above, shift)
    expected = np.clip(points + above, low, high)
    np.testing.assert_allclose(project(points, low, high, total), expected, atol=1e-11 * reach, rtol=0)


def test_no_feasible_plan_is_nearer_than_the_projection():
    rng = np.random.default_rng(5)
    low, high = np.array([0.0, 1.0, 0.5]), np.array([2.0, 1.5, 4.0])
    grid = np.stack(np.meshgrid(np.linspace(0, 2, 401), np.linspace(1, 1.5, 101)), axis=-1).reshape(-1, 2)
    feasible = np.column_stack([grid, 4.0 - grid.sum(axis=1)])
    feasible = feasible[(feasible[:, 2] >= 0.5) & (feasible[:, 2] <= 4.0)]
    points = rng.normal(1.5, 2.0, (20, 3))
    for point, plan in zip(points, project(points, low, high, 4.0), strict=True):
        nearest = np.linalg.norm(feasible - point, axis=1).min()
        assert np.linalg.norm(plan - point) <= nearest + 1e-12
        assert np.linalg.norm(plan - point) >= nearest - 0.01


def test_a_feasible_plan_is_its_own_projection():
    plan = np.array([[10.0, 20.0, 30.0]])
    np.testing.assert_allclose(project(plan, np.zeros(3), np.full(3, 40.0), 60.0), plan, rtol=1e-15)


@pytest.mark.parametrize("total", [5.99, 60.01])
def test_a_total_outside_the_bounds_is_refused(total):
    with pytest.raises(InfeasibleBudgetError, match=r"from 6\.00 to 60\.00"):
        project(np.ones((1, 3)), np.full(3, 2.0), np.full(3, 20.0), total)


@given(budgets())
@settings(max_examples=300, deadline=None)
def test_cents_add_up_exactly_and_keep_the_bounds(budget):
    points, low, high, total = budget
    cents = to_cents(points[0], low, high, total)
    least, most, budget_cents = cent_bounds(low, high, total)
    assert cents.dtype == np.int64
    assert int(cents.sum()) == budget_cents == round(total * 100)
    assert ((least <= cents) & (cents <= most)).all()
    assert (least >= np.floor(low * 100 - 1e-3)).all()
    assert (most <= np.ceil(high * 100 + 1e-3)).all()


def test_thousands_of_random_plans_round_to_the_exact_total_inside_their_bounds():
    rng = np.random.default_rng(11)
    for _ in range(2000):
        size = int(rng.integers(2, 30))
        current = rng.lognormal(rng.uniform(0, 12), 1.5, size)
        low, high = current * rng.uniform(0, 0.9), current * rng.uniform(1.1, 3)
        total = round(float(current.sum()), 2)
        plan = project(rng.uniform(low, high)[None], low, high, total)[0]
        cents = to_cents(plan, low, high, total)
        assert int(cents.sum()) == round(total * 100)
        assert (np.abs(cents / 100 - plan) < 0.01 * (size + 1)).all()
        if np.ceil(low * 100).sum() <= total * 100 <= np.floor(high * 100).sum():
            room = np.ceil(low * 100) <= np.floor(high * 100)
            assert (cents >= low * 100 - 1e-3)[room].all()
            assert (cents <= high * 100 + 1e-3)[room].all()


def test_the_missing_cent_goes_to_the_largest_remainder():
    cents = to_cents(np.array([1.004, 1.002, 1.003, 0.991]), np.zeros(4), np.full(4, 9.0), 4.0)
    assert cents.tolist() == [101, 100, 100, 99]


def test_bounds_are_rounded_inward_to_cents():
    least, most, budget = cent_bounds(np.array([1.001, 0.30000000000000004]), np.array([2.009, 5.0]), 3.0)
    assert (least.tolist(), most.tolist(), budget) == ([101, 30], [200, 500], 300)


def test_amounts_fixed_at_fractions_of_a_cent_give_way_by_less_than_a_cent():
    thirds = np.full(3, 100 / 3)
    cents = to_cents(thirds, thirds, thirds, 100.0)
    assert sorted(cents.tolist()) == [3333, 3333, 3334]


def test_minimums_at_fractions_of_a_cent_that_take_up_the_budget_still_leave_a_plan():
    low = np.array([0.005, 0.005, 0.04])
    assert int(to_cents(low, low, np.ones(3), 0.05).sum()) == 5
