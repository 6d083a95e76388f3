"""Exact solvers against enumeration of all plans, against linear programmes, and against each other."""

from itertools import product

import numpy as np
import pytest
from rule_worlds import keys_of
from scipy.optimize import linprog

from conversionflow.core.errors import InfeasibleBudgetError
from conversionflow.optimization import (
    ActiveRule,
    BudgetProblem,
    LinearRule,
    Rules,
    dynamic_programming,
    mixed_integer,
    water_filling,
)


def curves_of(rng, size, high, levels):
    """Rising curves of random shape on even grids from 0 to each maximum."""
    spend = np.linspace(0, 1, levels) * np.asarray(high, dtype=float)[:, None]
    gains = rng.exponential(1.0, (size, levels - 1)) * (rng.random((size, levels - 1)) < 0.8)
    values = np.concatenate([np.zeros((size, 1)), gains.cumsum(axis=1)], axis=1)
    return spend, values


def value_of(curves, plan):
    return sum(np.interp(amount, *row) for amount, *row in zip(plan, *curves, strict=True))


def stepped_world(seed):
    """All touchpoints at steps of 10 or 20, with random rules; some have no plan."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(3, 5))
    step = rng.choice([10.0, 20.0], size)
    high = np.full(size, 80.0)
    if_on = np.where(rng.random(size) < 0.4, 30.0, 0.0)
    low = np.where((if_on == 0) & (rng.random(size) < 0.3), 15.0, 0.0)
    active = (ActiveRule("few", rng.random(size) < 0.8, 2),) if rng.random() < 0.5 else ()
    group = (rng.random(size) < 0.5).astype(float)
    ratio = np.zeros(size)
    ratio[:2] = 1.0, -1.5
    linear = (LinearRule("cap", group, high=90.0), LinearRule("ratio", ratio, high=0.0))
    rules = Rules(linear[: rng.integers(0, 3)], if_on, step, active)
    curves = curves_of(rng, size, high, int(rng.integers(3, 7)))
    return (keys_of(size), np.full(size, 40.0), low, high, 40.0 * size, rules), curves


def enumerated(world):
    """All plans of a stepped world, by going through all multiples of the steps."""
    _, _, low, high, total, rules = world
    plans = np.array(
        list(product(*[np.arange(0, top + 1, s) for top, s in zip(high, rules.step, strict=True)]))
    )
    keeps = plans.sum(axis=1) == total
    keeps &= ((plans >= low) & ((plans == 0) | (plans >= rules.min_if_on))).all(axis=1)
    for rule in rules.linear:
        keeps &= plans @ rule.coefficients <= rule.high + 1e-9
    for rule in rules.max_active:
        keeps &= (plans[:, rule.members] > 0).sum(axis=1) <= rule.count
    return plans[keeps]


@pytest.mark.parametrize("seed", range(50))
def test_the_mixed_integer_optimum_is_the_best_of_all_plans(seed):
    world, curves = stepped_world(seed)
    plans = enumerated(world)
    if not len(plans):
        with pytest.raises(InfeasibleBudgetError, match=r"clash|no plan keeps"):
            BudgetProblem(*world)
        return
    problem = BudgetProblem(*world)
    best = max(value_of(curves, plan) for plan in plans)
    found = mixed_integer(curves, problem)
    assert found.value == pytest.approx(best, rel=1e-6, abs=1e-9)
    assert found.value == pytest.approx(value_of(curves, found.plan), rel=1e-12)
    assert best * (1 - 1e-12) - 1e-9 <= found.bound <= best * (1 + 1e-6) + 1e-9
    assert problem.worst_violation(found.plan[None])[0] <= 1e-9 * problem.total
    repaired = problem.repair(np.random.default_rng(seed).uniform(0, 80, (40, len(problem.keys))))
    known = {tuple(plan) for plan in plans}
    assert all(tuple(plan) in known for plan in repaired.round(6))


@pytest.mark.parametrize("seed", range(12))
def test_the_mixed_integer_optimum_without_steps_is_the_best_of_all_linear_programmes(seed):
    rng = np.random.default_rng(seed + 500)
    size, levels = 3, 4
    high = rng.uniform(40, 90, size).round(2)
    if_on = np.array([25.0, 0.0, 0.0])
    group = np.array([1.0, 1.0, 0.0])
    rules = Rules((LinearRule("cap", group, high=60.0),), if_on)
    total = round(float(rng.uniform(60, 80)), 2)
    problem = BudgetProblem(keys_of(size), np.full(size, total / size), np.zeros(size), high, total, rules)
    curves = curves_of(rng, size, high, levels)
    best = -np.inf
    for pieces in product(range(levels - 1), repeat=size):
        spend = np.array([curves[0][i, [k, k + 1]] for i, k in enumerate(pieces)])
        worth = np.array([curves[1][i, [k, k + 1]] for i, k in enumerate(pieces)])
        slope = np.diff(worth, axis=1)[:, 0] / np.diff(spend, axis=1)[:, 0]
        for bounds in ([(25.0, None)], [(0.0, 0.0)]):
            box = [(max(a, bounds[0][0]), b) if bounds[0][1] is None else (a, 0.0) for a, b in spend[:1]]
            box += [tuple(row) for row in spend[1:]]
            if any(a > b for a, b in box):
                continue
            found = linprog(
                -slope, A_ub=[group], b_ub=[60.0], A_eq=np.ones((1, size)), b_eq=[total], bounds=box
            )
            if found.status == 0:
                best = max(best, float((worth[:, 0] - slope * spend[:, 0]).sum() - found.fun))
    found = mixed_integer(curves, problem)
    assert found.value == pytest.approx(best, rel=1e-6)
    assert found.bound == pytest.approx(best, rel=1e-6)


@pytest.mark.parametrize("seed", range(20))
def test_dynamic_programming_is_the_best_of_all_plans_and_its_bound_holds(seed):
    rng = np.random.default_rng(seed)
    size = int(rng.integers(2, 5))
    low = rng.choice([0.0, 10.0, 20.0], size)
    high = low + rng.choice([30.0, 50.0], size)
    total = float(low.sum() + 10 * rng.integers(1, 6))
    levels = 6
    values = np.concatenate(
        [np.zeros((size, 1)), rng.exponential(1, (size, levels - 1)).cumsum(axis=1)], axis=1
    )
    most = ((high - low) / 10).astype(int)
    choices = np.array(list(product(*[range(top + 1) for top in most])))
    choices = choices[low.sum() + 10 * choices.sum(axis=1) == total]
    best = max(values[np.arange(size), levels].sum() for levels in choices)
    found = dynamic_programming(values, 10.0, low, high, total)
    assert found.value == pytest.approx(best, rel=1e-12)
    assert found.plan.sum() == pytest.approx(total)
    assert ((found.plan >= low) & (found.plan <= high)).all()
    grid = low[:, None] + 10.0 * np.arange(levels)
    between = rng.dirichlet(np.ones(size), 2000) * (total - low.sum()) + low
    between = between[(between <= high).all(axis=1)]
    stairs = values[np.arange(size), np.ceil((between - low) / 10 - 1e-12).astype(int)].sum(axis=1)
    assert found.bound >= max(best, stairs.max(initial=0.0)) - 1e-12
    problem = BudgetProblem(keys_of(size), np.full(size, total / size), low, high, total)
    assert mixed_integer((grid, values), problem).value == pytest.approx(best, rel=1e-6)


def test_forbidden_amounts_are_left_out_and_falling_values_prove_no_bound():
    values = np.array([[0.0, -np.inf, 5.0], [0.0, 3.0, 2.0]])
    found = dynamic_programming(values, 10.0, np.zeros(2), np.full(2, 20.0), 20.0)
    assert (found.plan.tolist(), found.value, found.bound) == ([20.0, 0.0], 5.0, None)
    with pytest.raises(InfeasibleBudgetError, match="grid"):
        dynamic_programming(values[:, [0, 1, 1]], 10.0, np.zeros(2), np.array([20.0, 0.0]), 20.0)


def test_what_is_less_than_a_step_is_spent_too():
    values = np.array([[0.0, 1.0, 2.0, 3.0], [0.0, 5.0, 6.0, 7.0]])
    found = dynamic_programming(values, 10.0, np.zeros(2), np.full(2, 30.0), 24.0)
    assert found.plan.sum() == pytest.approx(24.0)
    assert found.value == 6.0


@pytest.mark.parametrize("seed", range(5))
def test_water_filling_is_within_the_bound_of_a_fine_grid_and_not_below_its_plan(seed):
    rng = np.random.default_rng(seed)
    scale, half = rng.lognormal(3, 0.5, 6), rng.lognormal(4, 0.5, 6)
    low, high = np.full(6, 10.0), np.full(6, 130.0)
    plan = water_filling(lambda x: scale * half / (x + half) ** 2, low, high, 300.0)
    grid = low[:, None] + 0.5 * np.arange(241)
    values = scale[:, None] * grid / (grid + half[:, None])
    value = float((scale * plan / (plan + half)).sum())
    found = dynamic_programming(values, 0.5, low, high, 300.0)
    assert found.value <= value * (1 + 1e-12)
    assert value <= found.bound
    assert value == pytest.approx(found.value, rel=1e-5)


def test_water_filling_of_500_draws_asks_for_few_marginals():
    rng = np.random.default_rng(0)
    scale, half = rng.lognormal(3, 0.5, (500, 100)), rng.lognormal(4, 0.5, (500, 100))
    asked = []

    def marginals(x):
        asked.append(x.shape)
        return (scale * half / (x[..., None, :] + half) ** 2).mean(axis=-2)

    plan = water_filling(marginals, np.full(100, 10.0), np.full(100, 200.0), 5000.0)
    worth = marginals(plan)
    inside = (plan > 10.001) & (plan < 199.999)
    np.testing.assert_allclose(worth[inside], worth[inside].mean(), rtol=1e-9)
    assert len(asked) < 15
