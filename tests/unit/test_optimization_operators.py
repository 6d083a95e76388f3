"""Each operator of the genetic algorithm against its known distribution."""

import numpy as np

from conversionflow.optimization import diversity, gaussian_mutation, tournament, uniform_crossover


def test_tournament_winners_follow_the_distribution_of_the_best_of_a_sample():
    fitness, size, draws = np.array([3.0, 1.0, 4.0, 0.0, 2.0]), 3, 200_000
    won = np.bincount(tournament(fitness, draws, size, np.random.default_rng(1)), minlength=5) / draws
    rank = np.argsort(np.argsort(-fitness))
    expected = ((5 - rank) ** size - (4 - rank) ** size) / 5**size
    np.testing.assert_allclose(won, expected, atol=4 * np.sqrt(0.25 / draws))


def test_a_tournament_of_one_is_a_random_choice():
    won = np.bincount(tournament(np.arange(4.0), 100_000, 1, np.random.default_rng(2)), minlength=4) / 100_000
    np.testing.assert_allclose(won, 0.25, atol=0.006)


def test_crossover_takes_each_amount_from_either_parent_at_even_odds_and_independently():
    first, second = np.zeros((50_000, 3)), np.ones((50_000, 3))
    children = uniform_crossover(first, second, 0.5, np.random.default_rng(3))
    assert set(np.unique(children)) == {0.0, 1.0}
    np.testing.assert_allclose(children.mean(axis=0), 0.5, atol=0.01)
    np.testing.assert_allclose(np.corrcoef(children.T), np.eye(3), atol=0.02)


def test_mutation_changes_the_given_share_of_amounts_by_the_given_scale():
    plans = np.full((100_000, 2), 50.0)
    scale = np.array([1.0, 10.0])
    change = gaussian_mutation(plans, scale, 0.3, np.random.default_rng(4)) - plans
    np.testing.assert_allclose((change != 0).mean(axis=0), 0.3, atol=0.01)
    for column, sd in zip(change.T, scale, strict=True):
        changed = column[column != 0]
        np.testing.assert_allclose(changed.std(), sd, rtol=0.02)
        assert abs(changed.mean()) < 0.03 * sd


def test_a_mutation_rate_of_zero_changes_nothing():
    plans = np.arange(6.0).reshape(2, 3)
    assert (gaussian_mutation(plans, np.ones(3), 0.0, np.random.default_rng(0)) == plans).all()


def test_diversity_is_the_spread_about_the_mean_plan_as_a_share_of_the_budget():
    assert diversity(np.array([[60.0, 40.0], [40.0, 60.0]]), 100.0) == np.sqrt(200.0) / 100
    assert diversity(np.full((5, 3), 2.0), 6.0) == 0.0
