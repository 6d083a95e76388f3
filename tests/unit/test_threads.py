"""Work side by side gives what it gives one after the other."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.optimization.instances import journey
from conversionflow.core.threads import side_by_side
from conversionflow.estimation import response as responses


def test_results_are_in_the_order_of_the_items_and_errors_are_raised():
    assert side_by_side(lambda item: item**2, range(20)) == [item**2 for item in range(20)]
    with pytest.raises(ZeroDivisionError):
        side_by_side(lambda item: 1 // item, [1, 0])


def test_markets_side_by_side_have_the_bytes_of_markets_in_turn(monkeypatch):
    one, problem = journey(3, 300, 1)
    other, _ = journey(3, 300, 2)
    keys = (*one.keys, *((f"other {market}", name) for market, name in one.keys))
    parts = (*one.parts, ("other market", other.parts[0][1]))
    both = replace(one, keys=keys, mean_spend=np.tile(one.mean_spend, 2), parts=parts)
    plans = np.tile(problem.current, (10, 2)) * np.random.default_rng(3).uniform(0, 2, (10, 6))
    plans[5:, :3] = plans[0, :3]
    monkeypatch.setattr(responses, "WORTH_A_THREAD", 0)
    beside = both.conversions_by_market(plans), *both.mean_and_gradient(plans[0])
    monkeypatch.setattr(responses, "WORTH_A_THREAD", np.inf)
    monkeypatch.setattr(responses, "WORTH_COMPARING", np.inf)
    in_turn = both.conversions_by_market(plans), *both.mean_and_gradient(plans[0])
    assert all(np.array_equal(a, b) for a, b in zip(beside, in_turn, strict=True))
