"""Fronts, crowding and hypervolume against their definitions, written out slowly."""

from itertools import product

import numpy as np
import pytest

from conversionflow.optimization import crowding_distances, hypervolume, non_dominated_ranks, survivors


def dominates(one, other):
    return (one >= other).all() and (one > other).any()


@pytest.mark.parametrize("objectives", [1, 2, 3])
def test_each_front_is_what_only_earlier_fronts_dominate(objectives):
    values = np.random.default_rng(objectives).integers(0, 6, size=(60, objectives)).astype(float)
    left, expected, rank = set(range(60)), np.zeros(60), 0
    while left:
        front = {i for i in left if not any(dominates(values[j], values[i]) for j in left)}
        expected[list(front)] = rank
        left, rank = left - front, rank + 1
    assert non_dominated_ranks(values).tolist() == expected.tolist()


def test_crowding_is_the_room_between_neighbours_as_shares_of_the_range():
    values = np.array([[0.0, 10.0], [1.0, 8.0], [4.0, 2.0], [5.0, 0.0], [0.0, 0.0]])
    ranks = np.array([0, 0, 0, 0, 1])
    expected = [np.inf, 4 / 5 + 8 / 10, 4 / 5 + 8 / 10, np.inf, np.inf]
    np.testing.assert_allclose(crowding_distances(values, ranks), expected)


def test_survivors_are_whole_fronts_and_of_the_last_one_those_with_room():
    values = np.array([[0.0, 4.0], [4.0, 0.0], [2.0, 2.0], [2.01, 1.99], [2.02, 1.98], [-1.0, -1.0]])
    assert sorted(survivors(values, 3)) in ([0, 1, 2], [0, 1, 3], [0, 1, 4])
    assert sorted(survivors(values, 6)) == list(range(6))
    assert 5 not in survivors(values, 5)


def test_survivors_one_by_one_keep_one_of_several_close_together():
    line = np.linspace(0.0, 1.0, 11)
    close = np.concatenate([line, 0.5 + np.linspace(1e-4, 9e-4, 9)])
    kept = close[survivors(np.column_stack([close, -close]), 11)]
    assert np.diff(np.sort(kept)).max() < 0.11


@pytest.mark.parametrize("objectives", [1, 2, 3, 4])
def test_hypervolume_counts_the_cells_that_are_dominated(objectives):
    rng = np.random.default_rng(objectives)
    values = rng.integers(-1, 5, size=(12, objectives)).astype(float)
    cells = np.array(list(product(np.arange(5), repeat=objectives))) + 0.5
    expected = sum(any((cell < point).all() for point in values) for cell in cells)
    assert hypervolume(values, np.zeros(objectives)) == expected


def test_what_is_not_above_the_reference_adds_nothing():
    assert hypervolume(np.array([[1.0, 0.0], [-1.0, 3.0]]), np.zeros(2)) == 0.0
