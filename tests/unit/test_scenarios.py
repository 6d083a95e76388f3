"""Scenarios on responses of square roots, whose answers are known in closed form."""

from dataclasses import dataclass

import numpy as np
import pytest

from conversionflow.core.errors import InfeasibleBudgetError, InputError
from conversionflow.optimization import BudgetProblem, ExpectedConversions, LinearRule, Rules
from conversionflow.optimization.economics import Economics
from conversionflow.optimization.scenarios import PlanPath, Target, attainable, find_total
from conversionflow.optimization.uncertainty import (
    effective_draws,
    power_scaled_weights,
    resolve,
    share_intervals,
    systematic_sample,
    tails_of,
)
from conversionflow.optimization.what_if import broken_rules, completed_plan, given_plan

KEYS = (("IT", "ads"), ("IT", "video"), ("IT", "social"))
PRICE = 30.0
TODAY = np.array([100.0, 300.0, 200.0])


@dataclass(frozen=True)
class SquareRoots:
    """Conversions 5 + sum_k a_k sqrt(x_k): the best plan is in proportion to a_k squared."""

    weights: np.ndarray
    keys = KEYS
    markets = ("IT",)

    def conversions(self, plans):
        return 5.0 + self.weights @ np.sqrt(np.maximum(plans, 0.0)).T

    def conversions_by_market(self, plans):
        return self.conversions(plans)[:, :, None]

    def mean_and_gradient(self, plan):
        root = np.sqrt(np.maximum(plan, 1e-12))
        mean = self.weights.mean(axis=0)
        return float(5.0 + mean @ root), mean / (2.0 * root)

    def take(self, draws):
        return SquareRoots(self.weights[draws])

    def thin(self, draws):
        kept = min(draws, len(self.weights))
        return self.take(np.arange(kept) * len(self.weights) // kept)


WEIGHTS = np.array([1.0, 2.0, 3.0])
RESPONSE = SquareRoots(np.tile(WEIGHTS, (4, 1)))
SQUARES = float((WEIGHTS**2).sum())


def problem_at(total: float) -> BudgetProblem:
    return BudgetProblem(KEYS, TODAY, np.zeros(3), np.full(3, 2000.0), total)


def path(lowest: float = 10.0, highest: float = 3000.0) -> PlanPath:
    return PlanPath(
        ExpectedConversions(RESPONSE), Economics(RESPONSE, {"IT": PRICE}), problem_at, lowest, highest
    )


@pytest.mark.parametrize(
    ("figure", "amount", "total"),
    [
        ("conversions", 105.0, 100.0**2 / SQUARES),
        ("roas", 4.0, SQUARES * (PRICE / 4.0) ** 2),
        ("cpa", 6.0, SQUARES * 6.0**2),
        ("mroas", 2.5, SQUARES * (PRICE / 5.0) ** 2),
    ],
)
def test_a_targets_total_is_that_of_the_closed_form(figure, amount, total):
    answer = find_total(Target(figure, amount), path())
    assert answer.met
    assert answer.note == ""
    # the way of the next money is a difference over one percent of the budget
    assert answer.total == pytest.approx(total, abs=0.02, rel=1e-5 if figure == "mroas" else 0)
    np.testing.assert_allclose(path().plan(answer.total), answer.total * WEIGHTS**2 / SQUARES, rtol=1e-4)


def test_the_least_budget_for_a_target_is_least_to_the_cent():
    reached = find_total(Target("conversions", 105.0), path())
    less = reached.total - 0.02
    assert 5.0 + np.sqrt(SQUARES * less) < 105.0


def test_a_target_out_of_reach_says_so_and_gives_the_best_there_is():
    answer = find_total(Target("conversions", 1000.0), path())
    assert (answer.met, answer.total) == (False, 3000.0)
    assert "1,000.00 cannot be reached between 10.00 and 3,000.00" in answer.note
    answer = find_total(Target("roas", 1e6), path())
    assert (answer.met, answer.total) == (False, 10.0)


def test_a_target_that_all_totals_meet_ends_at_the_bounds_and_says_so():
    least = find_total(Target("conversions", 6.0), path(lowest=50.0))
    assert (least.met, least.total) == (True, 50.0)
    assert "the answer may lie beyond the bounds" in least.note
    most = find_total(Target("cpa", 1e4), path())
    assert (most.met, most.total) == (True, 3000.0)
    assert "The most that the bounds allow" in most.note


def test_only_what_is_a_target_is_one():
    with pytest.raises(InputError, match="no target 'profit'"):
        Target("profit", 1.0)
    with pytest.raises(InputError, match="not a number above 0"):
        Target("roas", 0.0)


def test_totals_end_where_rules_leave_no_plan():
    rules = Rules(linear=(LinearRule("two of them", np.array([1.0, 1.0, 0.0]), high=500.0),))

    def ruled(total: float) -> BudgetProblem:
        return BudgetProblem(KEYS, TODAY, np.full(3, 50.0), np.full(3, 700.0), total, rules)

    assert attainable(ruled, 150.0, 2100.0, 600.0) == (150.0, 1200.0)
    with pytest.raises(InfeasibleBudgetError):
        attainable(ruled, 150.0, 2100.0, 1300.0)


def test_a_given_plan_keeps_what_it_does_not_name_and_is_evaluated_as_it_is():
    given = completed_plan({("IT", "video"): 400.0}, KEYS, TODAY)
    np.testing.assert_array_equal(given, [100.0, 400.0, 200.0])
    plan = given_plan(RESPONSE, TODAY, given, 0.9, goal=ExpectedConversions(RESPONSE), feasible=True)
    uplift = 2.0 * (np.sqrt(400.0) - np.sqrt(300.0))
    assert plan.summary["uplift"].item() == pytest.approx(uplift, rel=1e-12)
    assert plan.allocation["recommended_spend"].tolist() == given.tolist()


def test_what_a_given_plan_breaks_is_named():
    rules = Rules(linear=(LinearRule("no more than half on video", np.array([0.0, 1.0, 0.0]), high=450.0),))

    def ruled(total: float) -> BudgetProblem:
        return BudgetProblem(KEYS, TODAY, np.array([60.0, 0, 0]), np.full(3, 700.0), total, rules)

    assert broken_rules(TODAY, ruled) == []
    texts = broken_rules(np.array([50.0, 500.0, 710.0]), ruled)
    assert texts == [
        "IT / ads gets 50.00, less than its minimum of 60.00",
        "IT / social gets 710.00, more than its maximum of 700.00",
        "no more than half on video is broken by 50.00",
    ]
    assert "maximums sum to 2,100.00" in broken_rules(np.full(3, 800.0), ruled)[0]


def test_a_given_plan_of_what_nobody_knows_is_refused():
    with pytest.raises(InputError, match=r"spend on IT / radio; the model knows IT / ads"):
        completed_plan({("IT", "radio"): 1.0}, KEYS, TODAY)
    with pytest.raises(InputError, match=r"-1\.0 on IT / ads"):
        completed_plan({("IT", "ads"): -1.0}, KEYS, TODAY)


def test_share_intervals_are_quantiles_of_the_best_shares_of_single_draws():
    weights = np.random.default_rng(3).uniform(1.0, 3.0, (50, 3))
    response, total = SquareRoots(weights), 600.0
    goals = [ExpectedConversions(response.take(np.array([draw]))) for draw in range(50)]
    low, high = share_intervals(goals, problem_at(total), TODAY, 0.8)
    shares = weights**2 / (weights**2).sum(axis=1, keepdims=True)
    np.testing.assert_allclose([low, high], np.quantile(shares, [0.1, 0.9], axis=0), atol=1e-5)


def test_solving_again_on_other_draws_gives_their_best_plan():
    other = SquareRoots(np.array([[3.0, 2.0, 1.0]]))
    best = resolve(ExpectedConversions(other), other, problem_at(600.0), TODAY)
    np.testing.assert_allclose(best.plan, 600.0 * np.array([9.0, 4.0, 1.0]) / 14.0, atol=1e-2)
    assert best.uplift == pytest.approx(np.sqrt(14.0 * 600.0) - np.array([3.0, 2.0, 1.0]) @ np.sqrt(TODAY))
    assert best.uplift_of_given == 0.0


def test_power_scaling_gives_the_posterior_under_the_scaled_prior():
    """Normal mean, known variance: prior N(0, 1) to the power a is N(0, 1 / a), up to a constant."""
    rng = np.random.default_rng(7)
    data_mean, data_precision = 1.0, 4.0
    draws = rng.normal(
        data_precision * data_mean / (1 + data_precision), (1 + data_precision) ** -0.5, 200_000
    )
    for power in (0.5, 0.8, 1.25, 2.0):
        weights = power_scaled_weights(-0.5 * draws**2, power)
        precision = power + data_precision
        mean = weights @ draws
        assert mean == pytest.approx(data_precision * data_mean / precision, abs=0.005)
        assert weights @ (draws - mean) ** 2 == pytest.approx(1 / precision, rel=0.02)
        assert effective_draws(weights) < len(draws)
    assert effective_draws(power_scaled_weights(-0.5 * draws**2, 1.0)) == pytest.approx(len(draws))


def test_a_systematic_sample_takes_each_draw_as_often_as_its_weight_asks_for():
    weights = np.array([0.5, 0.05, 0.0, 0.25, 0.2])
    counts = np.bincount(systematic_sample(weights, 100), minlength=5)
    assert np.abs(counts - 100 * weights).max() < 1
    assert counts[2] == 0


def test_tails_are_the_lowest_and_highest_draws():
    low, high = tails_of(np.array([5.0, 1.0, 3.0, 2.0, 4.0]), 0.4)
    assert sorted(low) == [1, 3]
    assert sorted(high) == [0, 4]
