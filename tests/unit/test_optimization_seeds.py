"""Exact seeds of the search."""

import numpy as np
import pytest

from conversionflow.optimization import BudgetProblem, GeneticSettings, seeds
from conversionflow.optimization.curve_table import CurveTable


@pytest.mark.parametrize("room", [0.02, 30.0, 5000.0])
def test_the_grid_of_money_is_no_larger_than_asked_for_however_little_is_left(room, monkeypatch):
    """A budget just above the minimums once asked for millions of steps up to the maximums."""
    low, high = np.array([100.0, 200.0, 50.0]), np.array([2000.0, 4000.0, 1000.0])
    problem = BudgetProblem(tuple(("IT", name) for name in "abc"), low, low, high, float(low.sum()) + room)
    settings = GeneticSettings(money_steps=50)
    asked = []

    def spy(values, *arguments):
        asked.append(values.shape)
        return dynamic_programming(values, *arguments)

    dynamic_programming = seeds.dynamic_programming
    monkeypatch.setattr(seeds, "dynamic_programming", spy)
    table = CurveTable.of_curves(
        lambda spend: (spend**2 / (spend**2 + 500.0**2), 2 * spend * 500.0**2 / (spend**2 + 500.0**2) ** 2),
        low,
        high,
        33,
    )
    answer = seeds.solved(table, problem, settings)
    assert answer is not None
    assert asked[0][1] <= settings.money_steps + 2
    assert answer.plan.sum() == pytest.approx(problem.total)
    assert ((answer.plan >= low - 1e-9) & (answer.plan <= high + 1e-9)).all()
