"""Touch credits that are 1 per conversion and add up to given totals by touchpoint."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversionflow.attribution import attribute, chain_from_paths, credit_weights, removal_effects
from conversionflow.core.errors import InputError


def long_form(paths):
    """One row per path and touchpoint from (touchpoints with repeats, conversions)."""
    rows = [
        (number, touchpoint, touches, conversions)
        for number, (path, conversions) in enumerate(paths)
        for touchpoint, touches in Counter(path).items()
    ]
    return pd.DataFrame(rows, columns=["path_id", "touchpoint", "touches", "conversions"])


def credit_totals(paths, weights):
    """Share out every conversion touch by touch, as a table of touches would."""
    totals = dict.fromkeys(weights.index, 0.0)
    for path, conversions in paths:
        everything = sum(weights[touchpoint] for touchpoint in path)
        for touchpoint in path:
            totals[touchpoint] += conversions * weights[touchpoint] / everything
    return totals


def test_two_touchpoints_by_hand():
    # a alone 10, b alone 20, a with b 30. Target a = 32: a takes 22 of the 30, so weights are as 22 to 8.
    paths = [("a", 10), ("b", 20), ("ab", 30)]
    fit = credit_weights(long_form(paths), pd.Series({"a": 32.0, "b": 28.0}))
    assert fit.weights["b"] / fit.weights["a"] == pytest.approx(8 / 22)
    assert fit.weights.max() == 1
    assert fit.achieved.to_dict() == pytest.approx({"a": 32, "b": 28})
    assert fit.worst_deviation < 1e-8


def test_repeated_touches_count_each():
    # a twice and b once: weights w and 1 give a the share 2 w / (2 w + 1) = 1/2, so w = 1/2.
    fit = credit_weights(long_form([("aab", 8)]), pd.Series({"a": 4.0, "b": 4.0}))
    assert fit.weights["a"] / fit.weights["b"] == pytest.approx(1 / 2)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_targets_that_some_weights_reach_are_reached_and_the_weights_recovered(seed):
    rng = np.random.default_rng(seed)
    names = list("abcde")
    true = pd.Series(rng.lognormal(0, 1, 5), index=names)
    paths = [("abcde", 5.0)] + [
        ("".join(rng.choice(names, rng.integers(1, 7))), float(rng.integers(1, 40))) for _ in range(30)
    ]
    targets = pd.Series(credit_totals(paths, true))
    fit = credit_weights(long_form(paths), targets)
    assert fit.worst_deviation < 1e-6
    assert credit_totals(paths, fit.weights) == pytest.approx(targets.to_dict(), rel=1e-6)
    assert credit_totals(paths, fit.weights) == pytest.approx(fit.achieved.to_dict(), rel=1e-9)
    np.testing.assert_allclose(fit.weights / fit.weights.sum(), true / true.sum(), rtol=1e-3)


def test_targets_out_of_reach_leave_conversions_whole_and_say_how_far_off():
    # a is alone in 10 conversions and takes part in 15: neither 4 nor 18 can be its total.
    paths = [("a", 10), ("ab", 5), ("b", 5)]
    for target, nearest in ((4.0, 10.0), (18.0, 15.0)):
        fit = credit_weights(long_form(paths), pd.Series({"a": target, "b": 20 - target}))
        assert fit.achieved["a"] == pytest.approx(nearest, rel=1e-6)
        assert fit.achieved.sum() == pytest.approx(20)
        assert fit.worst_deviation == pytest.approx(
            max(abs(nearest - target) / t for t in (target, 20 - target)), rel=1e-6
        )
        assert np.isfinite(fit.weights).all()
        assert (fit.weights > 0).all()
        assert sum(credit_totals(paths, fit.weights).values()) == pytest.approx(20)


def test_a_target_for_a_touchpoint_of_no_converted_path_is_missed_whole():
    fit = credit_weights(long_form([("a", 10), ("b", 0)]), pd.Series({"a": 8.0, "b": 2.0}))
    assert fit.achieved.to_dict() == {"a": 10.0, "b": 0.0}
    assert fit.worst_deviation == 1.0


def test_a_target_of_zero_takes_all_credit_away_but_not_a_lone_touch():
    fit = credit_weights(long_form([("ab", 10)]), pd.Series({"a": 10.0, "b": 0.0}))
    assert fit.achieved.to_dict() == pytest.approx({"a": 10.0, "b": 0.0})
    alone = credit_weights(long_form([("ab", 10), ("b", 1)]), pd.Series({"a": 11.0, "b": 0.0}))
    assert alone.achieved.to_dict() == pytest.approx({"a": 10.0, "b": 1.0})


def test_no_conversions_at_all_need_no_fit():
    fit = credit_weights(long_form([("ab", 0)]), pd.Series({"a": 0.0, "b": 0.0}))
    assert (fit.achieved.sum(), fit.worst_deviation, fit.iterations) == (0.0, 0.0, 0)


@pytest.mark.parametrize(
    ("paths", "targets", "words"),
    [
        ([("ab", 10)], {"a": 4.0, "b": 5.0}, "sum to 9.000000 conversions, the paths hold 10.000000"),
        ([("ab", 10)], {"a": 10.0}, "No target for b"),
        ([("ab", 10)], {"a": 12.0, "b": -2.0}, "0 or more"),
        ([("ab", 10)], {"a": np.nan, "b": 2.0}, "finite"),
        ([("ab", -1)], {"a": 1.0, "b": -2.0}, "conversions of 0 or more"),
    ],
)
def test_inputs_that_make_no_table_are_refused(paths, targets, words):
    with pytest.raises(InputError, match=words):
        credit_weights(long_form(paths), pd.Series(targets))


def test_markov_totals_of_journeys_that_mix_touchpoints_are_reached():
    rng = np.random.default_rng(3)
    paths = [(tuple(rng.choice(list("abcd"), 6)), float(rng.integers(1, 9)), 50.0) for _ in range(200)]
    total = sum(conversions for _, conversions, _ in paths)
    targets = attribute(removal_effects(chain_from_paths(paths)), total)
    fit = credit_weights(long_form([(path, conversions) for path, conversions, _ in paths]), targets)
    assert fit.worst_deviation < 1e-6
    np.testing.assert_allclose(fit.achieved, targets, rtol=1e-6)
