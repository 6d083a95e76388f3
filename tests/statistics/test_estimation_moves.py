"""Transition probabilities drawn after the fit, against the closed-form Dirichlet posterior."""

from datetime import date, timedelta

import numpy as np
import pytest
from ranks import uniformity
from scipy import stats

from conversionflow.estimation import NetworkData
from conversionflow.estimation.moves import Moves, draw_probabilities, pull_shape
from conversionflow.estimation.nodes import Nodes

DRAWS = 10_000
NOTHING_DISPLACED = np.zeros((DRAWS, 1))


@pytest.fixture(scope="module")
def moves():
    rng = np.random.default_rng(4)
    periods = tuple(date(2024, 1, 1) + timedelta(weeks=week) for week in range(24))
    spend = np.zeros((1, 3, 24))
    spend[0, 0] = rng.uniform(50, 150, 24)
    visits = rng.poisson(12, (1, 3, 24))
    chances = [0.2, 0.1, 0.1, 0.15, 0.45]
    steps = rng.multinomial(visits[0], chances)
    onto = steps[:, :, :3].transpose(0, 2, 1)[None].astype(float)
    conversions = steps[None, :, :, 3].astype(float)
    data = NetworkData(
        markets=("Italy",),
        touchpoints=("ads", "email", "direct"),
        periods=periods,
        spend=spend,
        entries=visits.astype(float),
        touches=visits.astype(float),
        conversions=conversions,
        moves=onto,
        controls=np.zeros((1, 24, 1)),
        control_names=("trend",),
    )
    return Moves.of(Nodes.of(data)), steps.sum(axis=1)


def random_table(seed):
    """A network of up to five touchpoints with counts from none to many, and totals by row and target."""
    rng = np.random.default_rng(seed)
    count, weeks = int(rng.integers(2, 6)), 20
    names = [f"touchpoint {k}" for k in range(count)]
    visits = rng.poisson(rng.choice([0.3, 3.0, 40.0], count)[:, None], (count, weeks))
    visits[:, 0] += 1
    chances = rng.dirichlet(np.full(count + 2, 0.5), count)
    steps = np.stack([rng.multinomial(visits[k], chances[k]) for k in range(count)]).astype(float)
    spend = np.where(rng.random(count) < 0.6, 100.0, 0.0)[:, None] * rng.uniform(0.5, 1.5, (count, weeks))
    data = NetworkData(
        markets=("Italy",),
        touchpoints=tuple(names),
        periods=tuple(date(2024, 1, 1) + timedelta(weeks=week) for week in range(weeks)),
        spend=spend[None],
        entries=visits[None].astype(float),
        touches=visits[None].astype(float),
        conversions=steps[None, :, :, count],
        moves=steps[None, :, :, :count].transpose(0, 1, 3, 2),
        controls=np.zeros((1, weeks, 1)),
        control_names=("trend",),
    )
    return Moves.of(Nodes.of(data)), steps.sum(axis=1), names


@pytest.mark.parametrize("seed", range(50))
def test_without_effects_rows_are_the_dirichlet_posterior(seed):
    found, totals, names = random_table(seed)
    effects = np.zeros((DRAWS, found.nodes.paid_count))
    drawn = draw_probabilities(effects, effects, NOTHING_DISPLACED, found, np.random.default_rng(seed))
    targets = [*names, "(conversion)", "(null)"]
    repeats = np.trace(totals[:, : len(names)]) > 0
    for n, (_, source, target) in enumerate(found.keys):
        row, place = names.index(source), targets.index(target)
        counts = totals[row] + 0.5
        if not repeats:
            counts[row] = 0.0
        exact = stats.beta(counts[place], counts.sum() - counts[place])
        mean, sd = exact.mean(), exact.std()
        draws = drawn[:, n]
        assert abs(draws.mean() - mean) < 4 * sd / np.sqrt(DRAWS)
        # The standard error of a standard deviation, from the fourth moment about the mean.
        kurtosis = exact.stats("k") + 3
        assert abs(draws.std() - sd) < 4 * sd * np.sqrt((kurtosis - 1) / DRAWS) / 2


def test_rows_sum_to_one_with_and_without_effects(moves):
    found, _ = moves
    effects = np.random.default_rng(1).normal(0.3, 0.3, (50, 1))
    drawn = draw_probabilities(effects, effects, 0.0 * effects, found, np.random.default_rng(6))
    rows = np.array([source for _, source, _ in found.keys])
    for source in ("ads", "email", "direct"):
        assert drawn[:, rows == source].sum(axis=1) == pytest.approx(1.0, rel=1e-12)


def test_pull_leaves_the_share_seen_over_the_whole_history_unchanged(moves):
    found, totals = moves
    effect = 0.8
    effects, none = np.full((DRAWS, 1), effect), np.zeros((DRAWS, 1))
    drawn = draw_probabilities(effects, none, NOTHING_DISPLACED, found, np.random.default_rng(6))
    spend = found.nodes.relative_spend[0]
    email = found.nodes.data.touches[0, 1]
    average_pull = (email * np.exp(effect * pull_shape(spend))).sum() / email.sum()
    at_mean_spend = drawn[:, found.keys.index(("Italy", "email", "ads"))].mean()
    counts = totals[1] + 0.5
    assert at_mean_spend * average_pull == pytest.approx(counts[0] / counts.sum(), rel=0.01)


def test_what_is_displaced_takes_from_the_other_moves_and_leaves_their_sum(moves):
    found, totals = moves
    effect = 0.8
    effects, none = np.full((DRAWS, 1), effect), np.zeros((DRAWS, 1))
    drawn = draw_probabilities(effects, none, np.ones((DRAWS, 1)), found, np.random.default_rng(6))
    means = {key[2]: drawn[:, n].mean() for n, key in enumerate(found.keys) if key[1] == "email"}
    pull = np.exp(effect * pull_shape(found.nodes.relative_spend[0]))
    email, counts = found.nodes.data.touches[0, 1], totals[1] + 0.5
    weight = 1 + counts[0] / counts[:3].sum() * (pull - 1)
    assert means["ads"] * (email * pull / weight).sum() / email.sum() == pytest.approx(
        counts[0] / counts.sum(), rel=0.01
    )
    assert means["direct"] * (email / weight).sum() / email.sum() == pytest.approx(
        counts[2] / counts.sum(), rel=0.01
    )


def test_with_effects_true_probabilities_lie_anywhere_among_the_draws():
    rng, weeks, worlds = np.random.default_rng(9), 20, 300
    x = rng.gamma(2.0, 0.5, weeks)
    x /= x.mean()
    visits = rng.poisson(4.0, (2, weeks)) + 1
    places: dict[tuple[str, str], list[float]] = {}
    for _ in range(worlds):
        shares = rng.dirichlet(np.full(3, 0.5), 2)
        steps = np.stack([rng.multinomial(visits[i], shares[i]) for i in range(2)]).astype(float)
        moves = np.zeros((1, 2, 2, weeks))
        moves[0, 0, 1], moves[0, 1, 0] = steps[:, :, 0]
        data = NetworkData(
            markets=("Italy",),
            touchpoints=("ads", "direct"),
            periods=tuple(date(2024, 1, 1) + timedelta(weeks=week) for week in range(weeks)),
            spend=np.stack([100.0 * x, np.zeros(weeks)])[None],
            entries=visits[None].astype(float),
            touches=visits[None].astype(float),
            conversions=steps[None, :, :, 1],
            moves=moves,
            controls=np.zeros((1, weeks, 1)),
            control_names=("trend",),
        )
        pull, convert = rng.normal(0, 0.3, 2)
        true = shares.copy()
        for row, column, effect in ((1, 0, pull), (0, 1, convert)):
            pulled = visits[row] @ np.exp(effect * 2 * (x - 1) / (x + 1))
            true[row, column] *= (1.5 + visits[row].sum()) / (1.5 + pulled)
        true[:, 2] = np.maximum(1 - true[:, 0] - true[:, 1], 1e-6)
        true /= true.sum(axis=1, keepdims=True)
        found = Moves.of(Nodes.of(data))
        effects = [np.full((200, 1), effect) for effect in (pull, convert)]
        drawn = draw_probabilities(*effects, np.zeros((200, 1)), found, rng)
        for n, (_, source, target) in enumerate(found.keys):
            truth = true[["ads", "direct"].index(source), {"(conversion)": 1, "(null)": 2}.get(target, 0)]
            below = (drawn[:, n] < truth).sum()
            places.setdefault((source, target), []).append((below + rng.random()) / 201)
    assert len(places) == 6
    for key, ranks in places.items():
        assert uniformity(np.array(ranks)) > 0.01 / 6, key
