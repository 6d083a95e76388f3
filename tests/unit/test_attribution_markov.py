"""Markov attribution against hand computation, simulation, one solve per removal, and published figures."""

import csv
import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from conversionflow.attribution import (
    CONVERSION,
    NULL,
    START,
    attribute,
    chain_from_paths,
    chain_from_transitions,
    credit_weights,
    removal_effects,
)
from conversionflow.core.errors import InputError

PATH_COUNTS = Path(__file__).resolve().parents[3] / "shared" / "data" / "path_counts" / "paths.csv.gz"
PUBLISHED = {
    "alpha": 5344.95,
    "iota": 3884.61,
    "eta": 3340.85,
    "beta": 2527.35,
    "theta": 1971.91,
    "lambda": 1282.85,
    "epsilon": 599.57,
    "zeta": 381.06,
    "kappa": 274.36,
    "gamma": 171.15,
    "delta": 4.61,
    "mi": 1.72,
}


def published_paths():
    if not PATH_COUNTS.exists():
        pytest.skip(f"{PATH_COUNTS} is not there")
    with gzip.open(PATH_COUNTS, "rt") as lines:
        return [
            (tuple(row["path"].split(" > ")), float(row["total_conversions"]), float(row["total_null"]))
            for row in csv.DictReader(lines)
        ]


def transitions(rows):
    return pd.DataFrame(rows, columns=["touchpoint_from", "touchpoint_to", "transitions"])


def random_chain(seed, size=6):
    rng = np.random.default_rng(seed)
    names = [f"t{index}" for index in range(size)]
    rows = [(START, name, rng.integers(1, 50)) for name in names[:-1]]
    rows += [(one, two, rng.integers(0, 30)) for one in names for two in names]
    rows += [(name, end, rng.integers(1, 40)) for name in names for end in (CONVERSION, NULL)]
    return chain_from_transitions(transitions(rows))


def conversion_rate_without(chain, removed):
    """Solve the chain anew with one touchpoint's journeys sent to (null)."""
    keep = [index for index in range(len(chain.touchpoints)) if index != removed]
    rest = np.eye(len(keep)) - chain.moves[np.ix_(keep, keep)]
    return chain.entry[keep] @ np.linalg.solve(rest, chain.conversion[keep])


def test_two_channels_by_hand():
    # a: 3 of 4 entries; a -> b 1/2, a -> conversion 1/4; b -> conversion 1/2.
    # P = 3/4 (1/4 + 1/2 1/2) + 1/4 1/2 = 1/2; without a 1/8, without b 3/16.
    moves = [(START, "a", 30), (START, "b", 10), ("a", "b", 15), ("a", CONVERSION, 7.5), ("a", NULL, 7.5)]
    moves += [("b", CONVERSION, 12.5), ("b", NULL, 12.5)]
    chain = chain_from_transitions(transitions(moves))
    effects = removal_effects(chain)
    assert chain.conversion_rate() == pytest.approx(1 / 2)
    assert effects.to_dict() == pytest.approx({"a": 3 / 4, "b": 5 / 8})
    assert attribute(effects, 110).to_dict() == pytest.approx({"a": 60.0, "b": 50.0})
    assert effects.index.name == "touchpoint"


def test_loops_and_returns_by_hand():
    # a loops with 1/2, converts with 1/4, moves to b with 1/4; b returns to a with 1/2, else null.
    # h_a = 1/2 h_a + 1/4 + 1/4 h_b, h_b = 1/2 h_a: h_a = 2/3; without b: h_a = 1/2 h_a + 1/4 = 1/2.
    chain = chain_from_transitions(
        transitions(
            [
                (START, "a", 1),
                ("a", "a", 2),
                ("a", CONVERSION, 1),
                ("a", "b", 1),
                ("b", "a", 1),
                ("b", NULL, 1),
            ]
        )
    )
    assert chain.conversion_rate() == pytest.approx(2 / 3)
    assert removal_effects(chain).to_dict() == pytest.approx({"a": 1.0, "b": 1 / 4})


@pytest.mark.parametrize("seed", range(5))
def test_one_inverse_gives_what_a_solve_per_removal_gives(seed):
    chain = random_chain(seed)
    expected = [1 - conversion_rate_without(chain, index) / chain.conversion_rate() for index in range(6)]
    np.testing.assert_allclose(removal_effects(chain), expected, rtol=1e-10)


def test_simulated_journeys_convert_and_miss_removed_touchpoints_at_the_exact_rates():
    chain, walkers, rng = random_chain(1, size=4), 200_000, np.random.default_rng(7)
    steps = np.column_stack([chain.moves, chain.conversion, 1 - chain.moves.sum(axis=1) - chain.conversion])
    at = rng.choice(4, size=walkers, p=chain.entry)
    seen = np.zeros((walkers, 4), dtype=bool)
    converted = np.zeros(walkers, dtype=bool)
    alive = np.arange(walkers)
    while len(alive):
        seen[alive, at] = True
        at = (rng.random((len(alive), 1)) > np.cumsum(steps[at], axis=1)).sum(axis=1)
        converted[alive[at == 4]] = True
        alive, at = alive[at < 4], at[at < 4]
    error = 4 * np.sqrt(0.25 / walkers)
    assert converted.mean() == pytest.approx(chain.conversion_rate(), abs=error)
    without = (converted[:, None] & ~seen).mean(axis=0)
    expected = (1 - removal_effects(chain)) * chain.conversion_rate()
    np.testing.assert_allclose(without, expected, atol=error)


def test_published_figures_of_a_real_path_table():
    paths = published_paths()
    chain = chain_from_paths(paths)
    total = sum(conversions for _, conversions, _ in paths)
    credit = attribute(removal_effects(chain), total)
    assert total == 19_785
    assert chain.conversion_rate() == pytest.approx(0.223845, abs=5e-7)
    assert credit.to_dict() == pytest.approx(PUBLISHED, abs=0.005)
    assert credit.sum() == pytest.approx(total, rel=1e-12)


def test_credit_on_the_real_path_table_misses_its_totals_by_no_more_than_lone_touches_force():
    # alpha and mi are alone in more conversions than the chain gives them; the others share the rest.
    paths = [(path, conversions) for path, conversions, _ in published_paths() if conversions > 0]
    steps = (
        pd.DataFrame(
            [
                (n, touchpoint, 1, conversions)
                for n, (path, conversions) in enumerate(paths)
                for touchpoint in path
            ],
            columns=["path_id", "touchpoint", "touches", "conversions"],
        )
        .groupby(["path_id", "touchpoint", "conversions"], as_index=False)
        .sum()
    )
    alone = {name: sum(count for path, count in paths if set(path) == {name}) for name in ("alpha", "mi")}
    total = sum(count for _, count in paths)
    targets = attribute(removal_effects(chain_from_paths(published_paths())), total)
    fit = credit_weights(steps, targets)
    left = (total - sum(alone.values())) / targets.drop(list(alone)).sum()
    assert alone == {"alpha": 5742, "mi": 2}
    assert fit.achieved.to_dict() == pytest.approx((targets * left).to_dict() | alone, rel=1e-6)
    assert fit.worst_deviation == pytest.approx(2 / targets["mi"] - 1, rel=1e-6)


def test_paths_and_their_counted_moves_give_the_same_chain():
    chain = chain_from_paths([(("b", "a", "a"), 2, 1), (("b",), 0, 3), ((), 5, 5), (("a", "b"), 1, 0)])
    moves = [(START, "b", 6), (START, "a", 1), (START, CONVERSION, 5), (START, NULL, 5)]
    moves += [("a", "a", 3), ("a", "b", 1), ("a", CONVERSION, 2), ("a", NULL, 1)]
    moves += [("b", "a", 3), ("b", CONVERSION, 1), ("b", NULL, 3)]
    counted = chain_from_transitions(transitions(moves))
    assert chain.touchpoints == counted.touchpoints == ("a", "b")
    np.testing.assert_allclose(chain.entry, [1 / 7, 6 / 7])
    np.testing.assert_allclose(chain.entry, counted.entry, rtol=1e-15)
    np.testing.assert_allclose(chain.moves, counted.moves, rtol=1e-15)
    np.testing.assert_allclose(chain.conversion, counted.conversion, rtol=1e-15)


def test_repeated_moves_are_added_up_and_the_order_of_rows_does_not_matter():
    rows = [(START, "a", 1), ("a", CONVERSION, 1), ("a", NULL, 2), (START, "a", 3), ("a", CONVERSION, 1)]
    chain, other = chain_from_transitions(transitions(rows)), chain_from_transitions(transitions(rows[::-1]))
    assert chain.conversion_rate() == other.conversion_rate() == pytest.approx(0.5)


def test_touchpoint_names_may_hold_the_arrow_of_path_strings():
    chain = chain_from_paths([(("a > b", "c"), 1, 1)])
    assert chain.touchpoints == ("a > b", "c")


def test_a_touchpoint_that_never_leads_to_a_conversion_has_no_effect():
    effects = removal_effects(chain_from_paths([(("good",), 5, 5), (("bad",), 0, 10)]))
    assert effects.to_dict() == pytest.approx({"good": 1.0, "bad": 0.0})


def test_a_chain_without_conversions_has_no_effects_and_takes_no_conversions():
    effects = removal_effects(chain_from_paths([(("a", "b"), 0, 10)]))
    assert effects.to_dict() == {"a": 0.0, "b": 0.0}
    assert attribute(effects, 0).sum() == 0
    with pytest.raises(InputError, match="7 conversions cannot be attributed"):
        attribute(effects, 7)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([(START, "a", -1), ("a", NULL, 1)], "negative or missing count"),
        ([(START, "a", np.nan), ("a", NULL, 1)], "negative or missing count"),
        ([(START, CONVERSION, 4)], "no journey to attribute"),
        ([], "no journey to attribute"),
        ([(START, "a", 1), ("a", START, 1)], "move into"),
        ([(START, "a", 1), (CONVERSION, "a", 1)], "move into"),
        ([(START, "a", 1), ("a", "b", 1), ("b", "c", 1), ("c", "b", 1), ("a", NULL, 1)], "through b, c ends"),
        ([(START, "a", 1), ("a", NULL, 0)], "through a ends"),
    ],
)
def test_moves_that_make_no_chain_are_refused(rows, words):
    with pytest.raises(InputError, match=words):
        chain_from_transitions(transitions(rows))


def test_a_path_with_a_negative_count_is_refused():
    with pytest.raises(InputError, match=r"Path \('a', 'b'\) has a negative"):
        chain_from_paths([(("a", "b"), 3, -1)])
