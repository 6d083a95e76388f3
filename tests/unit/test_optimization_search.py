"""Genetic algorithm, exact solvers and the published plan, on responses whose optimum is known."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from curves import Curves, SummedCurves, lift_gap, make, value
from scipy.optimize import linprog

from conversionflow.core.errors import InputError, SettingsError
from conversionflow.optimization import (
    BudgetProblem,
    ExpectedConversions,
    GeneticSettings,
    evaluate_plan,
    first_order_gap,
    genetic_search,
    optimise,
    slsqp,
    starting_plans,
    steepest_first,
    water_filling,
)

QUICK = GeneticSettings(population=40, generations=30, reference_starts=4, seed=3)


def means(response):
    return lambda plans: response.conversions(plans).mean(axis=0)


@pytest.mark.parametrize("seed", range(5))
def test_water_filling_meets_the_conditions_of_an_optimum(seed):
    response, problem = make(12, seed)
    plan = water_filling(response.marginals, problem.low, problem.high, problem.total)
    marginals = response.marginals(plan)
    inside = (plan > problem.low * (1 + 1e-9)) & (plan < problem.high * (1 - 1e-9))
    price = marginals[inside].mean()
    np.testing.assert_allclose(plan.sum(), problem.total, rtol=1e-12)
    np.testing.assert_allclose(marginals[inside], price, rtol=1e-8)
    assert (marginals[plan <= problem.low * (1 + 1e-9)] <= price * (1 + 1e-8)).all()
    assert (marginals[plan >= problem.high * (1 - 1e-9)] >= price * (1 - 1e-8)).all()


def test_water_filling_of_square_roots_follows_the_squares_of_their_weights():
    weights = np.array([1.0, 2.0, 3.0])

    def marginals(x):
        with np.errstate(divide="ignore"):
            return weights / (2 * np.sqrt(x))

    plan = water_filling(marginals, np.zeros(3), np.full(3, 1e4), 140.0)
    np.testing.assert_allclose(plan, [10.0, 40.0, 90.0], rtol=1e-9)


def test_water_filling_of_straight_lines_fills_the_steepest_first():
    def marginals(x):
        return np.broadcast_to([3.0, 5.0, 1.0], x.shape)

    plan = water_filling(marginals, np.array([1.0, 1.0, 1.0]), np.full(3, 10.0), 16.0)
    np.testing.assert_allclose(plan, [5.0, 10.0, 1.0], rtol=1e-12)


@pytest.mark.parametrize("total", [3.0, 30.0])
def test_water_filling_at_the_ends_of_the_bounds(total):
    plan = water_filling(lambda x: 1 / (1 + x), np.full(3, 1.0), np.full(3, 10.0), total)
    np.testing.assert_allclose(plan, total / 3, rtol=1e-12)


def test_water_filling_spends_the_budget_even_where_more_spend_loses_conversions():
    plan = water_filling(lambda x: -1.0 - x, np.zeros(2), np.full(2, 10.0), 8.0)
    np.testing.assert_allclose(plan, [4.0, 4.0], rtol=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_the_genetic_algorithm_alone_reaches_the_concave_optimum_closely(seed):
    response, problem = make(10, seed)
    best = water_filling(response.marginals, problem.low, problem.high, problem.total)
    found = genetic_search(means(response), problem, GeneticSettings(seed=seed))
    assert 0 <= lift_gap(response, problem, best, found.plan) + 1e-12 < 1e-3


@pytest.mark.parametrize("seed", range(4))
def test_slsqp_equals_water_filling_on_concave_curves(seed):
    response, problem = make(15, seed)
    best = water_filling(response.marginals, problem.low, problem.high, problem.total)
    found = slsqp(ExpectedConversions(response), problem, problem.current[None])
    assert abs(lift_gap(response, problem, best, found.plan)) < 1e-7
    assert found.value == pytest.approx(value(response, found.plan), rel=1e-12)


def test_every_individual_of_every_generation_is_feasible_and_counted():
    response, problem = make(8, 1)
    asked = []

    def spy(plans):
        asked.append(plans.copy())
        return means(response)(plans)

    found = genetic_search(spy, problem, GeneticSettings(generations=60))
    everyone = np.concatenate(asked)
    assert (everyone >= problem.low).all()
    assert (everyone <= problem.high).all()
    np.testing.assert_allclose(everyone.sum(axis=1), problem.total, rtol=1e-12)
    assert found.evaluations == len(everyone)
    assert len(asked) == 60


def test_the_history_has_a_row_per_generation_and_the_best_never_falls():
    response, problem = make(8, 2)
    found = genetic_search(means(response), problem, GeneticSettings(generations=50))
    history = found.history
    assert history["generation"].tolist() == list(range(1, 51))
    assert history["best"].is_monotonic_increasing
    assert (history["best"] >= history["mean"]).all()
    assert (history["mean"] >= history["worst"]).all()
    assert history["best"].iloc[-1] == found.value == pytest.approx(value(response, found.plan))
    assert history["diversity"].iloc[-1] < history["diversity"].iloc[0]


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not():
    response, problem = make(6, 4)
    one, two = (genetic_search(means(response), problem, QUICK) for _ in range(2))
    other = genetic_search(means(response), problem, GeneticSettings(population=40, generations=30, seed=9))
    assert one.plan.tobytes() == two.plan.tobytes()
    assert one.history.equals(two.history)
    assert one.plan.tobytes() != other.plan.tobytes()


def test_a_seeded_plan_is_never_lost():
    response, problem = make(20, 5)
    best = water_filling(response.marginals, problem.low, problem.high, problem.total)
    found = genetic_search(means(response), problem, QUICK, best[None])
    assert found.value >= value(response, best) * (1 - 1e-14)


def test_a_response_that_is_not_finite_is_refused():
    _, problem = make(3, 0)
    with pytest.raises(InputError, match="no finite number of conversions for 40 of 40 plans"):
        genetic_search(lambda plans: np.full(len(plans), np.nan), problem, QUICK)


@pytest.mark.parametrize(
    "change",
    [
        {"population": 1},
        {"generations": 0},
        {"elite_share": 1.0},
        {"tournament_size": 0},
        {"search_draws": 0},
        {"reference_starts": 0},
        {"mutated_touchpoints": 0.0},
        {"final_mutation_scale": 0.9},
    ],
)
def test_settings_out_of_range_are_named(change):
    with pytest.raises(SettingsError, match=next(iter(change))):
        GeneticSettings(**change)


def test_the_first_order_gap_is_the_linear_programme():
    response, problem = make(9, 6)
    gradient = response.marginals(problem.current)
    answer = linprog(
        -gradient,
        A_eq=np.ones((1, 9)),
        b_eq=[problem.total],
        bounds=list(zip(problem.low, problem.high, strict=True)),
    )
    expected = gradient @ (answer.x - problem.current)
    assert first_order_gap(gradient, problem.current, problem) == pytest.approx(expected, rel=1e-9)
    best = water_filling(response.marginals, problem.low, problem.high, problem.total)
    assert first_order_gap(response.marginals(best), best, problem) < 1e-6 * expected


def test_the_plan_is_exact_to_the_cent_and_close_to_the_optimum():
    response, problem = make(10, 7)
    plan = optimise(response, problem, QUICK)
    spend, row = plan.allocation["recommended_spend"].to_numpy(), plan.summary.iloc[0]
    best = water_filling(response.marginals, problem.low, problem.high, problem.total)
    assert np.round(spend * 100).sum() == round(problem.total * 100)
    np.testing.assert_array_equal(spend, np.round(spend, 2))
    assert (
        plan.allocation["recommended_spend"]
        .between(plan.allocation["min_spend"], plan.allocation["max_spend"])
        .all()
    )
    assert row["budget_residual"] == 0
    assert row["feasible"]
    assert abs(lift_gap(response, problem, best, spend)) < 1e-6
    assert 0 <= row["optimality_gap"] < 1e-6
    assert 0 <= row["first_order_gap"] < 1e-3
    assert list(zip(plan.allocation["market"], plan.allocation["touchpoint"], strict=True)) == list(
        problem.keys
    )
    np.testing.assert_allclose(plan.allocation["marginal_conversions"], response.marginals(spend))


def test_binding_rules_say_where_a_bound_holds_money_back():
    response = Curves(np.array([[1.0, 50.0, 10.0, 10.0, 7.0]]), np.full((1, 5), 100.0))
    low, high = np.array([80.0, 20.0, 20.0, 20.0, 60.0]), np.array([200.0, 150.0, 500.0, 500.0, 60.0])
    plan = optimise(response, BudgetProblem(response.keys, np.full(5, 100.0), low, high, 500.0), QUICK)
    assert plan.allocation["binding_rule"].tolist() == ["minimum", "maximum", "none", "none", "fixed"]
    np.testing.assert_allclose(plan.allocation["recommended_spend"], [80, 150, 105, 105, 60], atol=0.5)


def test_s_curves_are_solved_as_well_as_by_brute_force():
    for seed in range(3):
        response, problem = make(3, seed, draws=3, slope=3.0)
        grid = [np.linspace(a, b, 300) for a, b in zip(problem.low[:2], problem.high[:2], strict=True)]
        two = np.array(list(product(*grid)))
        plans = np.column_stack([two, problem.total - two.sum(axis=1)])
        plans = plans[(plans[:, 2] >= problem.low[2]) & (plans[:, 2] <= problem.high[2])]
        best = plans[np.argmax(means(response)(plans))]
        plan = optimise(response, problem, GeneticSettings(seed=seed, generations=60))
        spend = plan.allocation["recommended_spend"].to_numpy()
        assert value(response, spend) >= value(response, best) * (1 - 1e-9)


def test_figures_of_two_plans_are_taken_draw_by_draw():
    response = Curves(np.array([[1.0, 3.0], [3.0, 1.0], [1.0, 5.0], [1.0, 1.0]]), np.ones((4, 2)))
    figures = evaluate_plan(response, np.array([1.0, 0.0]), np.array([0.0, 1.0]), 0.5)
    assert figures.conversions_current == pytest.approx(0.75)
    assert figures.conversions_recommended == pytest.approx(1.25)
    assert figures.uplift == pytest.approx(0.5)
    assert figures.probability_better == 0.5
    assert (figures.uplift_low, figures.uplift_high) == pytest.approx(
        np.quantile([1, -1, 2, 0], [0.25, 0.75])
    )
    assert (figures.conversions_current_low, figures.conversions_current_high) == pytest.approx((0.5, 0.75))


def test_a_response_of_other_touchpoints_is_refused():
    response, problem = make(3, 0)
    with pytest.raises(InputError, match=r"The response is of \(\('es', 'touchpoint_0'\)"):
        optimise(replace(response, market="es"), problem, QUICK)


def test_all_draws_count_in_the_final_figures_though_few_are_searched():
    response, problem = make(6, 8, draws=300)
    plan = optimise(response, problem, GeneticSettings(population=40, generations=30, search_draws=5))
    spend = plan.allocation["recommended_spend"].to_numpy()
    uplift = response.conversions(spend[None])[:, 0] - response.conversions(problem.current[None])[:, 0]
    row = plan.summary.iloc[0]
    assert row["uplift"] == pytest.approx(uplift.mean())
    assert (row["uplift_low"], row["uplift_high"]) == pytest.approx(tuple(np.quantile(uplift, [0.05, 0.95])))
    best = water_filling(response.marginals, problem.low, problem.high, problem.total)
    assert lift_gap(response, problem, best, spend) < 1e-6


def test_today_is_recommended_where_nothing_is_better():
    flat = Curves(np.zeros((5, 2)), np.ones((5, 2)))
    today = np.array([70.01, 29.99])
    plan = optimise(flat, BudgetProblem(flat.keys, today, today / 2, today * 2, 100.0), QUICK)
    assert plan.allocation["recommended_spend"].tolist() == today.tolist()
    assert plan.summary["uplift"].item() == 0
    assert plan.summary["probability_better"].item() == 0
    assert plan.summary["optimality_gap"].item() == 0


def test_no_money_moves_for_what_only_the_thinned_draws_see():
    class Fickle(Curves):
        def thin(self, draws):
            return Curves(np.tile([1.0, 9.0], (draws, 1)), np.full((draws, 2), 50.0))

    flat = Fickle(np.zeros((5, 2)), np.ones((5, 2)))
    today = np.array([70.0, 30.0])
    plan = optimise(flat, BudgetProblem(flat.keys, today, today / 2, today * 2, 100.0), QUICK)
    assert plan.allocation["recommended_spend"].tolist() == today.tolist()


def incremental(response, problem, steps=200):
    """Spend a budget in small steps, each where it brings most."""
    plan, step = problem.low.copy(), (problem.total - problem.low.sum()) / steps
    for _ in range(steps):
        room = plan + step <= problem.high * (1 + 1e-12)
        tried = plan + step * np.eye(len(plan))
        plan = tried[np.argmax(np.where(room, means(response)(tried), -np.inf))]
    return plan


@pytest.mark.parametrize("kind", [Curves, SummedCurves])
@pytest.mark.parametrize("slope", [1.0, 2.0, 4.0])
def test_no_plan_is_below_today_greedy_ones_or_slsqp_from_today(kind, slope):
    for seed in range(6):
        response, problem = make(4 + seed, seed, slope=slope, kind=kind)
        goal = ExpectedConversions(response)
        steepest = steepest_first(response.marginals(problem.current), problem)
        local = slsqp(goal, problem, problem.current[None]).plan
        others = [problem.current, steepest, incremental(response, problem), local]
        got = optimise(response, problem, QUICK).summary["conversions_recommended"].item()
        assert (got >= means(response)(np.array(others)) * (1 - 1e-8)).all()


def test_permuting_the_touchpoints_permutes_the_plan():
    response, problem = make(7, 9)
    order = np.random.default_rng(0).permutation(7)
    shuffled = BudgetProblem(
        problem.keys,
        problem.current[order],
        problem.low[order],
        problem.high[order],
        problem.total,
    )
    plan = optimise(response, problem, QUICK).allocation
    other = optimise(Curves(response.scale[:, order], response.half[:, order]), shuffled, QUICK).allocation
    expected = plan["recommended_spend"].to_numpy()[order]
    np.testing.assert_allclose(other["recommended_spend"], expected, rtol=1e-4, atol=0.02)


@pytest.mark.parametrize("slope", [1.0, 3.0])
def test_permuting_the_touchpoints_with_their_names_permutes_the_plan_to_the_cent(slope):
    response, problem = make(8, 9, slope=slope)
    order = np.random.default_rng(1).permutation(8)
    names = tuple(name for _, name in problem.keys)
    shuffled = tuple(names[place] for place in order)
    other = Curves(response.scale[:, order], response.half[:, order], slope, names=shuffled)
    moved = (problem.current[order], problem.low[order], problem.high[order])
    plans = [
        optimise(response, problem, QUICK).allocation,
        optimise(other, BudgetProblem(other.keys, *moved, problem.total), QUICK).allocation,
    ]
    one, two = (plan.set_index("touchpoint")["recommended_spend"] for plan in plans)
    assert two.index.tolist() == list(shuffled)
    np.testing.assert_allclose(two[list(names)], one, rtol=0, atol=0.011)


@pytest.mark.parametrize("unit", [0.001, 1000.0])
def test_another_currency_unit_scales_the_plan(unit):
    response, problem = make(6, 10)
    scaled = BudgetProblem(
        problem.keys, problem.current * unit, problem.low * unit, problem.high * unit, problem.total * unit
    )
    plan = optimise(response, problem, QUICK).allocation["recommended_spend"]
    other = optimise(Curves(response.scale, response.half * unit), scaled, QUICK).allocation[
        "recommended_spend"
    ]
    np.testing.assert_allclose(other / unit, plan, rtol=1e-4, atol=0.02 * max(1.0, 1 / unit))


@pytest.mark.parametrize(
    ("current", "low", "high", "total"),
    [
        ([100.0], [50.0], [200.0], 120.0),
        ([100.0, 50.0], [100.0, 50.0], [100.0, 50.0], 150.0),
        ([100.0, 50.0], [50.0, 25.0], [200.0, 100.0], 75.0),
        ([100.0, 50.0], [50.0, 25.0], [200.0, 100.0], 300.0),
        ([0.0, 50.0], [0.0, 25.0], [0.0, 100.0], 50.0),
        ([0.0, 0.0], [0.0, 0.0], [80.0, 80.0], 50.0),
        ([0.02, 0.03], [0.01, 0.01], [0.04, 0.06], 0.05),
        ([6e8, 4e8], [3e8, 2e8], [12e8, 8e8], 1e9),
        ([100.0 / 3] * 3, [100.0 / 3] * 3, [100.0 / 3] * 3, 100.0),
    ],
)
def test_narrow_and_extreme_problems_still_give_an_exact_plan(current, low, high, total):
    size = len(current)
    response = Curves(np.full((4, size), 30.0), np.full((4, size), max(total, 1.0)))
    problem = BudgetProblem(response.keys, np.array(current), np.array(low), np.array(high), total)
    plan = optimise(response, problem, QUICK)
    row = plan.summary.iloc[0]
    assert row["budget_residual"] == 0
    assert row["feasible"]
    assert np.round(plan.allocation["recommended_spend"].to_numpy() * 100).sum() == round(total * 100)
    assert 0 <= row["optimality_gap"] <= 1 + 1e-9


def test_starting_plans_are_feasible_and_begin_with_today():
    response, problem = make(6, 11)
    plans = starting_plans(ExpectedConversions(response), problem, 5, seed=0)
    assert plans.shape == (5, 6)
    np.testing.assert_allclose(plans[0], problem.current, rtol=1e-12)
    np.testing.assert_allclose(plans.sum(axis=1), problem.total, rtol=1e-12)
    assert ((plans >= problem.low) & (plans <= problem.high)).all()
