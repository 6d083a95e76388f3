"""What a budget problem accepts, what it refuses, and in which words."""

import numpy as np
import pytest

from conversionflow.core.errors import InfeasibleBudgetError, SettingsError
from conversionflow.optimization import BudgetProblem, default_bounds

KEYS = (("it", "search"), ("it", "social"), ("es", "search"))


def problem(
    current=(10.0, 20.0, 30.0), low=(5.0, 10.0, 15.0), high=(20.0, 40.0, 60.0), total=60.0, keys=KEYS
):
    return BudgetProblem(keys, np.array(current), np.array(low), np.array(high), total)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"low": (50.0, 50.0, 20.0), "total": 100.0, "high": (90.0,) * 3},
            "minimums sum to 120.00, the budget is 100.00",
        ),
        ({"total": 120.5}, "maximums sum to 120.00, the budget is 120.50"),
        ({"low": (5.0, 41.0, 1.0)}, "minimum of it / social, 41.00, is above its maximum, 40.00"),
        ({"current": (10.0, np.nan, 30.0)}, "current of it / social is nan"),
        ({"low": (5.0, 10.0, -1.0)}, "low of es / search is -1.0"),
        ({"high": (5.0, np.nan, 30.0)}, "high of it / social is nan"),
        ({"low": (np.inf, 10.0, 1.0)}, "low of it / search is inf"),
        ({"total": 0.0}, "the budget is 0.0"),
        ({"total": np.nan}, "the budget is nan"),
        ({"total": np.inf}, "the budget is inf"),
        ({"low": (1.0, 2.0)}, "there are 3 touchpoints and low has 2 amounts"),
        ({"keys": (("it", "search"),) * 3}, "must occur once"),
    ],
)
def test_a_contradiction_is_named(change, words):
    with pytest.raises(InfeasibleBudgetError, match=words):
        problem(**change)


def test_all_contradictions_are_named_together():
    with pytest.raises(InfeasibleBudgetError, match=r"it / search.*es / search.*minimums sum to 130\.00"):
        problem(low=(50.0, 10.0, 70.0))


def test_default_bounds_are_multiples_of_today():
    low, high = default_bounds(np.array([10.0, 0.0]), 0.5, 2.0)
    assert (low.tolist(), high.tolist()) == ([5.0, 0.0], [20.0, 0.0])


@pytest.mark.parametrize("ratios", [(-0.1, 2.0), (2.0, 0.5), (float("nan"), 2.0)])
def test_ratios_out_of_order_are_refused(ratios):
    with pytest.raises(SettingsError, match="min_spend_ratio"):
        default_bounds(np.ones(2), *ratios)


def test_an_infinite_maximum_becomes_the_budget():
    assert problem(high=(np.inf, 40.0, 60.0)).high.tolist() == [60.0, 40.0, 60.0]


def test_todays_plan_is_taken_to_cents_with_its_sum_kept():
    thirds = np.full(3, 100 / 3)
    made = BudgetProblem(KEYS, thirds, thirds / 2, thirds * 2, float(thirds.sum()))
    assert sorted(made.current.tolist()) == [33.33, 33.33, 33.34]
    assert made.total == 100.0
    assert made.allows_current


def test_todays_plan_is_not_allowed_outside_its_bounds_or_off_the_budget():
    assert problem().allows_current
    assert not problem(total=61.0).allows_current
    assert not problem(high=(20.0, 19.0, 60.0)).allows_current


@pytest.mark.parametrize("scale", [0.05, 1.0, 1e9])
def test_money_of_any_size_is_rounded_to_its_exact_total(scale):
    current = np.array([1.0, 2.0, 4.0]) / 7 * scale
    made = BudgetProblem(KEYS, current, *default_bounds(current, 0.5, 2.0), scale)
    plan = made.rounded(np.array([0.5, 0.3, 0.2]) * scale)
    assert round(plan.sum() * 100) == round(scale * 100)
    assert ((made.low <= plan) & (plan <= made.high)).all()


def test_todays_plan_fixed_at_any_fractions_of_a_cent_is_still_a_plan():
    rng = np.random.default_rng(2)
    for _ in range(500):
        current = rng.lognormal(3, 2, 3)
        made = BudgetProblem(KEYS, current, current, current, float(current.sum()))
        assert made.allows_current
        assert made.rounded(current).tolist() == made.current.tolist()


def test_bounds_that_miss_the_budget_by_a_rounding_still_leave_a_plan():
    fixed = np.array([20.0, 20.0, 20.005])
    for total in (60.0001, 60.005, 60.0098):
        made = BudgetProblem(KEYS, fixed, fixed, fixed, total)
        assert round(made.rounded(fixed).sum() * 100) == round(total * 100)
