"""Rules that clash: found, and the smallest set of them named."""

from itertools import combinations

import numpy as np
import pytest
from rule_worlds import keys_of

from conversionflow.core.errors import InfeasibleBudgetError
from conversionflow.optimization import ActiveRule, BudgetProblem, LinearRule, Rules
from conversionflow.optimization.contradictions import clashing_rules, smallest_clash
from conversionflow.optimization.rule_model import RuleModel


def refused(low, high, total, rules):
    size = len(low)
    with pytest.raises(InfeasibleBudgetError) as error:
        BudgetProblem(keys_of(size), np.full(size, total / size), np.array(low), np.array(high), total, rules)
    return str(error.value)


def test_a_cap_and_the_minimums_of_its_group_are_named_and_nothing_else():
    cap = LinearRule("video cap", np.array([1.0, 1.0, 0.0, 0.0]), high=50.0)
    other = LinearRule("other", np.array([0.0, 0.0, 1.0, 1.0]), low=10.0)
    text = refused([30.0, 25.0, 5.0, 5.0], [100.0] * 4, 100.0, Rules((cap, other)))
    assert "the minimum of it / touchpoint_0, 30.00" in text
    assert "the minimum of es / touchpoint_1, 25.00" in text
    assert "rule video cap, at most 50.00" in text
    assert "other" not in text
    assert "touchpoint_2" not in text


def test_steps_that_do_not_add_up_to_the_budget_are_named():
    text = refused([0.0, 0.0], [100.0, 100.0], 75.0, Rules(step=np.array([20.0, 10.0])))
    assert "the step of it / touchpoint_0, 20.00" in text
    assert "the step of es / touchpoint_1, 10.00" in text


def test_too_few_active_for_the_budget_are_named():
    rules = Rules(max_active=(ActiveRule("two at most", np.ones(3, dtype=bool), 2),))
    text = refused([0.0] * 3, [40.0] * 3, 100.0, rules)
    assert "rule two at most, at most 2 active" in text


def test_the_fewest_minimums_above_the_budget_are_named():
    text = refused([70.0, 5.0, 45.0], [100.0] * 3, 100.0, Rules())
    assert "minimums sum to 120.00, the budget is 100.00" in text
    assert "it / touchpoint_0 70.00; it / touchpoint_2 45.00" in text
    assert "touchpoint_1" not in text


@pytest.mark.parametrize("seed", range(25))
def test_no_smaller_set_of_rules_clashes(seed):
    rng = np.random.default_rng(seed)
    size = 3
    low = np.where(rng.random(size) < 0.4, rng.choice([10.0, 20.0], size), 0.0)
    high = rng.choice([35.0, 50.0, 100.0], size)
    if_on = np.where((low == 0) & (rng.random(size) < 0.5), 30.0, 0.0)
    step = np.where(rng.random(size) < 0.5, 20.0, 0.0)
    groups = (rng.random((2, size)) < 0.6).astype(float)
    linear = (LinearRule("cap", groups[0], high=30.0), LinearRule("floor", groups[1], low=80.0))
    rules = Rules(linear, if_on, step, (ActiveRule("few", np.ones(size, dtype=bool), 2),)).of_size(size)
    clashing = clashing_rules(keys_of(size), low, high, 100.0, rules)
    texts = [] if clashing is None else smallest_clash(clashing)
    model = RuleModel.of(keys_of(size), low, high, 100.0, rules)
    zero = np.zeros(model.matrix.shape[1])

    def possible(names):
        kept = np.array([item.text in names for item in model.items])
        return model.solve(zero, kept).x is not None

    every = [item.text for item in model.items]
    if not texts:
        assert possible(every)
        return
    assert not possible(texts)
    assert all(possible(names) for names in combinations(every, len(texts) - 1))


def test_steps_that_are_tiny_shares_of_the_budget_do_not_make_it_impossible():
    # HiGHS's presolve found no plan here while amounts were shares of the budget
    plan = np.array([39_790.0, 21.75, 2_752.5, 27_251.0])
    step = np.array([10.0, 0.05, 2.5, 7.0])
    low, high = np.array([39_770.0, 21.7, 2_750.0, 27_237.0]), np.array([39_800.0, 21.75, 2_752.5, 27_251.0])
    problem = BudgetProblem(keys_of(4), plan, low, high, float(plan.sum()), Rules(step=step))
    assert problem.worst_violation(plan[None])[0] == 0
    assert problem.worst_violation(problem.repair(np.array([low, high, plan])))[0] < 1e-9


@pytest.mark.parametrize("seed", [124, 167, 268, 432, 568, 599, 1105, 2066])
def test_plans_of_many_small_steps_are_found(seed):
    rng = np.random.default_rng(seed)
    size = int(rng.integers(3, 8))
    step = rng.choice([0.05, 0.25, 0.5, 1.0, 2.5, 5.0, 7.0, 10.0], size)
    plan = np.round(step * rng.integers(100, 4000, size), 2)
    low, high = (np.round(plan + way * step * rng.integers(0, 3, size), 2) for way in (-1, 1))
    problem = BudgetProblem(keys_of(size), plan, low, high, float(plan.sum()), Rules(step=step))
    assert problem.worst_violation(problem.repair(np.array([low, high]))).max() < 1e-9
