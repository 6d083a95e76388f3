"""Repair: whatever goes in, what comes out keeps budget, bounds and all rules."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rule_worlds import keys_of, problem_of, witness_world
from scipy.optimize import linprog

from conversionflow.core.errors import SettingsError
from conversionflow.optimization import ActiveRule, BudgetProblem, LinearRule, Rules, project

SEEDS = st.integers(0, 2**32 - 1)


def scattered(problem, seed, count=12):
    rng = np.random.default_rng(seed)
    spread = rng.choice([0.05, 0.5, 3.0], (count, 1)) * (problem.high - problem.low + 0.01 * problem.total)
    return problem.current + rng.normal(0, 1, (count, len(problem.keys))) * spread


@given(SEEDS)
@settings(max_examples=50, deadline=None)
def test_every_repaired_plan_keeps_every_rule_and_is_its_own_repair(seed):
    world, _ = witness_world(seed)
    problem = problem_of(world)
    plans = problem.repair(scattered(problem, seed))
    for name, money in problem.violations(plans).items():
        assert (money <= 1e-9 * problem.total).all(), (name, money)
    np.testing.assert_allclose(problem.repair(plans), plans, rtol=0, atol=1e-9 * problem.total)


@given(SEEDS)
@settings(max_examples=20, deadline=None)
def test_cents_keep_every_rule_and_add_up_exactly(seed):
    world, _ = witness_world(seed)
    problem = problem_of(world)
    for plan in scattered(problem, seed, 3):
        cents = problem.rounded(plan)
        np.testing.assert_array_equal(cents, np.round(cents * 100) / 100)
        assert round(cents.sum() * 100) == round(problem.total * 100)
        broken = problem.violations(cents[None])
        ratios = {rule.name for rule in problem.rules.linear if not rule.is_sum}
        assert all(money[0] <= 1e-9 * problem.total for name, money in broken.items() if name not in ratios)
        assert all(money[0] <= 0.01 * len(problem.keys) for money in broken.values())


@given(SEEDS)
@settings(max_examples=20, deadline=None)
def test_the_plan_a_world_is_built_around_is_left_as_it_is(seed):
    world, plan = witness_world(seed)
    problem = problem_of(world)
    inside = problem.worst_violation(plan[None])[0] <= 1e-9 * problem.total
    if inside:
        np.testing.assert_allclose(problem.repair(plan[None])[0], plan, rtol=0, atol=1e-9 * problem.total)


@pytest.mark.parametrize("seed", range(12))
def test_permuting_the_touchpoints_permutes_the_repair(seed):
    world, _ = witness_world(seed + 100)
    problem = problem_of(world)
    order = np.random.default_rng(seed).permutation(len(problem.keys))
    plans = scattered(problem, seed)
    moved = problem_of(world, order).repair(plans[:, order])
    np.testing.assert_allclose(moved, problem.repair(plans)[:, order], rtol=0, atol=1e-8 * problem.total)


@pytest.mark.parametrize("seed", range(12))
def test_another_currency_unit_scales_the_repair(seed):
    problem = problem_of(witness_world(seed + 200)[0])
    scaled = problem_of(witness_world(seed + 200, unit=1000.0)[0])
    plans = scattered(problem, seed)
    np.testing.assert_allclose(
        scaled.repair(plans * 1000) / 1000, problem.repair(plans), rtol=0, atol=0.011 * len(problem.keys)
    )


def test_without_rules_the_repair_is_the_projection():
    problem = BudgetProblem(keys_of(4), np.full(4, 25.0), np.zeros(4), np.full(4, 60.0), 100.0)
    plans = np.random.default_rng(0).normal(25, 40, (9, 4))
    expected = project(plans, problem.low, problem.high, problem.total)
    assert problem.repair(plans).tobytes() == expected.tobytes()


@pytest.mark.parametrize("seed", range(12))
def test_under_linear_rules_no_plan_that_keeps_them_is_nearer(seed):
    rng = np.random.default_rng(seed)
    size = 8
    current = rng.uniform(5, 20, size)
    rows = [(rng.random(size) < 0.5).astype(float) for _ in range(3)]
    linear = tuple(
        LinearRule(f"r{k}", row, row @ current * 0.95, row @ current * 1.02) for k, row in enumerate(rows)
    )
    problem = BudgetProblem(
        keys_of(size), current, current * 0.3, current * 2, float(current.sum()), Rules(linear)
    )
    point = current + rng.normal(0, 10, size)
    plan = problem.repair(point[None])[0]
    matrix = np.array(rows)
    most = np.array([rule.high for rule in problem.rules.linear])
    least = np.array([rule.low for rule in problem.rules.linear])
    furthest = linprog(
        plan - point,
        A_ub=np.vstack([matrix, -matrix]),
        b_ub=np.concatenate([most, -least]),
        A_eq=np.ones((1, size)),
        b_eq=[problem.total],
        bounds=list(zip(problem.low, problem.high, strict=True)),
    )
    assert furthest.status == 0
    assert (plan - point) @ plan <= furthest.fun + 1e-9 * problem.total**2


def test_the_most_spent_on_stay_on_where_only_a_few_may():
    members = np.ones(4, dtype=bool)
    problem = BudgetProblem(
        keys_of(4),
        np.full(4, 25.0),
        np.zeros(4),
        np.full(4, 90.0),
        100.0,
        Rules(max_active=(ActiveRule("two", members, 2),)),
    )
    plan = problem.repair(np.array([[10.0, 50.0, 5.0, 35.0]]))[0]
    np.testing.assert_allclose(plan, [0.0, 57.5, 0.0, 42.5])


def test_an_amount_goes_to_the_nearer_of_nothing_and_its_least():
    problem = BudgetProblem(
        keys_of(3),
        np.full(3, 30.0),
        np.zeros(3),
        np.full(3, 90.0),
        90.0,
        Rules(min_if_on=np.array([20.0, 20.0, 0.0])),
    )
    plan = problem.repair(np.array([[9.0, 11.0, 70.0]]))[0]
    np.testing.assert_allclose(plan, [0.0, 20.0, 70.0])


def test_steps_of_different_sizes_are_traded_until_the_budget_is_spent():
    problem = BudgetProblem(
        keys_of(3),
        np.array([30.0, 40.0, 30.0]),
        np.zeros(3),
        np.full(3, 100.0),
        100.0,
        Rules(step=np.array([30.0, 20.0, 10.0])),
    )
    plans = problem.repair(np.random.default_rng(1).uniform(0, 100, (50, 3)))
    np.testing.assert_array_equal(plans.sum(axis=1), 100.0)
    np.testing.assert_array_equal(plans % np.array([30.0, 20.0, 10.0]), 0.0)
    assert len(np.unique(plans, axis=0)) > 10


def test_violations_are_named_and_in_money():
    rules = Rules(
        (LinearRule("cap", np.array([1.0, 1.0, 0.0]), high=50.0),),
        np.array([0.0, 0.0, 20.0]),
        np.array([10.0, 0.0, 0.0]),
        (ActiveRule("two", np.ones(3, dtype=bool), 2),),
    )
    problem = BudgetProblem(keys_of(3), np.full(3, 30.0), np.zeros(3), np.full(3, 60.0), 90.0, rules)
    broken = problem.violations(np.array([[44.0, 61.0, 5.0], [20.0, 20.0, 50.0]]))
    assert {name: money.round(9).tolist() for name, money in broken.items()} == {
        "budget": [20.0, 0.0],
        "bounds": [1.0, 0.0],
        "cap": [55.0, 0.0],
        "min_if_on": [5.0, 0.0],
        "step": [4.0, 0.0],
        "two": [5.0, 20.0],
    }
    assert problem.worst_violation(np.array([[44.0, 61.0, 5.0]])).tolist() == [55.0]
    assert not problem.allows_current


def test_the_convex_piece_of_a_plan_holds_its_choices():
    rules = Rules(
        (LinearRule("cap", np.array([1.0, 1.0, 0.0]), high=50.0),),
        np.array([0.0, 0.0, 20.0]),
        np.array([10.0, 0.0, 0.0]),
    )
    problem = BudgetProblem(keys_of(3), np.full(3, 30.0), np.zeros(3), np.full(3, 60.0), 60.0, rules)
    off = problem.convex_piece(np.array([30.0, 30.0, 0.0]))
    on = problem.convex_piece(np.array([20.0, 15.0, 25.0]))
    assert (off.low.tolist(), off.high.tolist()) == ([30.0, 0.0, 0.0], [30.0, 60.0, 0.0])
    assert (on.low.tolist(), on.high.tolist()) == ([20.0, 0.0, 20.0], [20.0, 60.0, 60.0])
    assert (on.matrix.tolist(), on.most.tolist()) == ([[1.0, 1.0, 0.0]], [50.0])


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (Rules(step=np.array([-1.0, 0.0])), "step of it / touchpoint_0 is -1.0"),
        (Rules(step=np.array([0.005, 0.0])), "not whole cents"),
        (Rules(min_if_on=np.array([0.0, 20.0])), "min_if_on of es / touchpoint_1 lets its spend be 0"),
        (Rules(min_if_on=np.zeros(3)), "min_if_on: 3 amounts for 2 touchpoints"),
        (Rules((LinearRule("x", np.array([np.nan, 1.0]), 0.0),)), "rule x has coefficients or bounds"),
        (Rules(max_active=(ActiveRule("x", np.ones(2, dtype=bool), -1),)), "rule x allows -1 active"),
    ],
)
def test_rules_that_make_no_sense_are_refused(rules, words):
    with pytest.raises(SettingsError, match=words):
        BudgetProblem(keys_of(2), np.full(2, 30.0), np.full(2, 10.0), np.full(2, 60.0), 60.0, rules)
