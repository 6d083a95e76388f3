"""Fits of the models to data drawn from the `journey` model itself, with awkward touchpoints among them."""

import re
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from scipy.special import gammaln
from scipy.stats import poisson

from conversionflow.estimation import (
    NetworkData,
    Response,
    SamplerSettings,
    constants_frame,
    diagnostics_frame,
    draws_frame,
    fit,
    summary_frame,
)
from conversionflow.estimation.__main__ import compile_kernels
from conversionflow.estimation.chains import Trace
from conversionflow.estimation.comparison import forecast_of, observations_of
from conversionflow.estimation.diagnostics import Diagnostics
from conversionflow.estimation.journey_density import journey_log_density
from conversionflow.estimation.journey_kernel import (
    EntryData,
    JourneyParameters,
    entries_log_density,
)
from conversionflow.estimation.network_kernel import (
    network_closed,
    network_conversions,
    network_entries,
    network_gradient,
)
from conversionflow.estimation.nodes import Nodes, log_mean_count
from conversionflow.estimation.poisson_kernel import poisson_log_density

MARKETS, PERIODS = ("Italy", "Spain"), 70
TOUCHPOINTS = ("ads", "fixed", "retargeting", "direct", "silent")
PAID = 3
TRUTH = {
    "beta1": np.array([0.6, 0.35, 0.45]),
    "response_floor": np.array([0.15, 0.3, 0.25]),
    "response_saturation": np.array([4.0, 3.0, 2.0]),
    "parent_effects": np.array([0.2, 0.0, 0.6]),
}
ROWS = np.array(
    [
        [0.10, 0.02, 0.15, 0.10, 0.02, 0.05, 0.56],
        [0.05, 0.05, 0.10, 0.15, 0.03, 0.04, 0.58],
        [0.04, 0.03, 0.10, 0.20, 0.02, 0.09, 0.52],
        [0.08, 0.02, 0.12, 0.15, 0.02, 0.08, 0.53],
        [0.05, 0.05, 0.05, 0.20, 0.05, 0.00, 0.60],
    ]
)


def entry_multiplier(x):
    """Response of the entries to spend over its mean, (PAID, T)."""
    elasticity, floor, saturation = (
        TRUTH[name][:, None] for name in ("beta1", "response_floor", "response_saturation")
    )
    power = x ** (elasticity * (1 + saturation) / (saturation * (1 - floor)))
    return floor + (1 - floor) * power * (1 + saturation) / (power + saturation)


def walk(entries, pull, rng):
    """Follow the journeys of one market and period: visits, moves and conversions."""
    count = len(entries)
    visits, moves, conversions = np.zeros(count), np.zeros((count, count)), np.zeros(count)
    chances = ROWS.copy()
    chances[:, :count] *= pull
    chances[:, -1] = 1 - chances[:, :-1].sum(axis=1)
    arrived = entries
    while arrived.sum():
        steps = rng.multinomial(arrived, chances)
        visits += arrived
        moves += steps[:, :count]
        conversions += steps[:, count]
        arrived = steps[:, :count].sum(axis=0)
    return visits, moves, conversions


def simulated():
    """Two markets; `fixed` always spends the same, `silent` never begins or converts and is not in Spain."""
    rng = np.random.default_rng(21)
    shape = (2, 5, PERIODS)
    spend, entries, touches, conversions = (np.zeros(shape) for _ in range(4))
    moves = np.zeros((2, 5, 5, PERIODS))
    trend = np.linspace(-1, 1, PERIODS)
    for m in range(2):
        x = np.exp(rng.normal(0, 0.4, (PAID, PERIODS)))
        x[0, 20:26] = 0.0
        x[1] = 1.0
        x /= x.mean(axis=1, keepdims=True)
        spend[m, :PAID] = x * 100.0
        demand = 0.15 * trend + np.convolve(rng.normal(0, 0.15, PERIODS + 2), [0.25, 0.5, 1.0], "valid")
        mean = np.outer([80.0, 40.0, 30.0, 90.0, 0.0], np.exp(demand))
        mean[:PAID] *= entry_multiplier(x)
        entries[m] = rng.poisson(mean * rng.gamma(25.0, 1 / 25.0, mean.shape))
        pull = np.ones((5, PERIODS))
        pull[:PAID] = np.exp(TRUTH["parent_effects"][:, None] * 2 * (x - 1) / (x + 1))
        for t in range(PERIODS):
            touches[m, :, t], moves[m, :, :, t], conversions[m, :, t] = walk(
                entries[m, :, t].astype(int), pull[:, t], rng
            )
    # In Spain nobody meets `silent`: its visits vanish, and moves to it were journeys lost.
    touches[1, 4], moves[1, 4], moves[1, :, 4] = 0.0, 0.0, 0.0
    return NetworkData(
        markets=MARKETS,
        touchpoints=TOUCHPOINTS,
        periods=tuple(date(2024, 1, 1) + timedelta(weeks=week) for week in range(PERIODS)),
        spend=spend,
        entries=entries,
        touches=touches,
        conversions=conversions,
        moves=moves,
        controls=np.tile((trend / trend.std())[None, :, None], (2, 1, 1)),
        control_names=("trend",),
    )


def quiet(periods):
    """One small market without any demand that its touchpoints share: the demand's scale is a funnel."""
    rng = np.random.default_rng(3)
    x = np.exp(rng.normal(0, 0.4, (1, periods)))
    spend = np.concatenate([100.0 * x / x.mean(), np.zeros((1, periods))])[None]
    entries = rng.poisson(np.concatenate([16.0 * x**0.5, np.full((1, periods), 12.0)])[None]).astype(float)
    moves = rng.binomial(entries[:, :, None, :].astype(int), 0.1, (1, 2, 2, periods)).astype(float)
    touches = entries + moves.sum(axis=1)
    return NetworkData(
        markets=("Italy",),
        touchpoints=("ads", "direct"),
        periods=tuple(date(2024, 1, 1) + timedelta(weeks=week) for week in range(periods)),
        spend=spend,
        entries=entries,
        touches=touches,
        conversions=rng.binomial(touches.astype(int), 0.06).astype(float),
        moves=moves,
        controls=np.linspace(-1.7, 1.7, periods)[None, :, None],
        control_names=("trend",),
    )


@pytest.fixture(scope="module")
def data():
    return simulated()


@pytest.fixture(scope="module")
def journey(data):
    return fit("journey", data, SamplerSettings(draws=1500, tune=700, chains=4, seed=3))


@pytest.fixture(scope="module")
def hurried(data):
    return fit("poisson", data, SamplerSettings(draws=20, tune=20, chains=4, seed=3))


@pytest.fixture(scope="module")
def summary(journey):
    keys = ["parameter", "market", "touchpoint", "related_touchpoint"]
    return summary_frame(journey, 0.9).set_index(keys).sort_index()


def covered(rows, truth):
    return np.mean((rows["low"].to_numpy() <= truth) & (truth <= rows["high"].to_numpy()))


def test_journey_converges_on_its_own_data(journey):
    assert journey.converged
    last = diagnostics_frame(journey).iloc[-1]
    assert last["action"] == "accepted"
    assert last["rhat_max"] < 1.01
    assert last["divergences"] == 0


def test_transition_probabilities_are_recovered(summary):
    rows = summary.loc["transition_probability"]
    targets = [*TOUCHPOINTS, "(conversion)", "(null)"]
    italy = rows.loc["Italy"]
    truth = np.array([ROWS[TOUCHPOINTS.index(a), targets.index(b)] for a, b in italy.index])
    assert len(italy) == 35
    assert covered(italy, truth) > 0.75
    assert np.all(np.abs(italy["mean"] - truth) < 4.5 * italy["sd"])


@pytest.mark.parametrize(("name", "prior_sd"), [("beta1", 0.4), ("parent_effects", 0.3)])
def test_effects_of_spend_are_recovered(summary, name, prior_sd):
    rows = summary.loc[name].drop(index="fixed", level="touchpoint")
    truth = np.array([TRUTH[name][TOUCHPOINTS.index(touchpoint)] for _, touchpoint, _ in rows.index])
    assert covered(rows, truth) >= 0.75
    assert np.all(np.abs(rows["mean"] - truth) < 4 * rows["sd"])
    assert rows["sd"].max() < 0.8 * prior_sd


def test_spend_that_never_changes_leaves_the_prior(summary):
    effects = summary.loc["parent_effects"].xs("fixed", level="touchpoint")
    assert effects["mean"].to_numpy() == pytest.approx([0.0, 0.0], abs=0.05)
    assert effects["sd"].to_numpy() == pytest.approx([0.3, 0.3], rel=0.15)
    slopes = summary.loc["beta1"].xs("fixed", level="touchpoint")
    assert slopes["mean"].to_numpy() == pytest.approx([0.4, 0.4], abs=0.1)


def test_a_touchpoint_that_never_occurs_in_a_market_is_not_in_its_network(summary):
    assert ("transition_probability", "Italy", "direct", "silent") in summary.index
    assert "silent" not in summary.xs("Spain", level="market").reset_index()["touchpoint"].to_numpy()


def test_reference_entries_are_the_entries_of_the_last_periods(summary, data):
    recent = data.entries[0, :4, -13:].mean(axis=1)
    found = summary.loc["reference_entries", "Italy"].droplevel("related_touchpoint")
    assert found.loc["direct", "mean"] == pytest.approx(recent[3], rel=0.12)
    assert found.loc["silent", "mean"] < 0.05


def test_response_from_tables_gives_the_conversions_seen(journey, data):
    response = Response.from_frames("journey", draws_frame(journey, 400), constants_frame(journey))
    assert response.keys == tuple((market, name) for market in MARKETS for name in sorted(TOUCHPOINTS[:PAID]))
    recent = pd.DataFrame(data.spend[:, :PAID, -13:].mean(axis=2), MARKETS, TOUCHPOINTS[:PAID])
    plan = np.array([recent.loc[key] for key in response.keys])
    found = response.conversions_by_market(plan[None])
    assert found.shape == (400, 1, 2)
    seen = data.conversions[:, :, -13:].sum(axis=(1, 2)) / 13
    assert found.mean(axis=(0, 1)) == pytest.approx(seen, rel=0.12)


def test_where_spend_moves_something_no_draw_says_otherwise(journey):
    assert journey.no_effect < 1e-6


def test_draws_table_holds_the_draws_of_the_fit(journey):
    table = draws_frame(journey, 40)
    keys = ["chain", "draw", "parameter", "market", "touchpoint", "related_touchpoint"]
    assert not table.duplicated(keys).any()
    assert len(table[["chain", "draw"]].drop_duplicates()) == 40
    row = table[(table["parameter"] == "beta1") & (table["chain"] == 2) & (table["draw"] == 300)]
    value = row.set_index(["market", "touchpoint"]).loc[("Spain", "ads"), "value"]
    assert value == journey.posterior["beta1"][2, 300, 3]


CALLED = (
    journey_log_density,
    poisson_log_density,
    network_conversions,
    network_gradient,
    network_entries,
    network_closed,
)


@pytest.fixture(scope="module", autouse=True)
def compiled_before():
    """Signatures that other tests in this process have compiled the kernels for, by calling them by hand."""
    return [set(kernel.signatures) for kernel in CALLED]


def test_kernels_compiled_ahead_are_the_ones_that_are_called(compiled_before, journey, hurried):
    response = Response.from_frames("journey", draws_frame(journey, 40), constants_frame(journey))
    plan = np.full(len(response.keys), 100.0)
    response.conversions(plan[None])
    response.mean_and_gradient(plan)
    observations_of(journey, 40, 13)
    forecast_of(shortened(journey, 60), journey.data, 40, 13, np.random.default_rng(1))
    compile_kernels()
    for kernel, before in zip(CALLED, compiled_before, strict=True):
        assert len(set(kernel.signatures) - before) <= 1


def shortened(fitted, periods):
    """A fit as if it had seen the first periods only."""
    demand = fitted.posterior["demand"][..., :periods]
    return replace(fitted, data=fitted.data.first(periods), posterior=fitted.posterior | {"demand": demand})


def test_what_is_said_of_each_period_adds_up_to_the_likelihood(journey):
    observed = observations_of(journey, 40, 13)
    nodes = Nodes.of(journey.data)
    first = {name: values[0, 0] for name, values in journey.posterior.items()}
    at = JourneyParameters(**{name: first.get(name, np.zeros(0)) for name in JourneyParameters._fields})
    zeros = JourneyParameters(*(np.zeros_like(value) for value in at))
    counts = nodes.per_node(journey.data.entries)
    data = EntryData(
        counts,
        log_mean_count(counts),
        nodes.relative_spend,
        nodes.market.astype(float),
        nodes.pool.astype(float),
        np.asarray(-gammaln(counts + 1.0).sum()),
    )
    expected = entries_log_density(at, zeros, data)
    assert observed["entries"].log_likelihood[0].sum() == pytest.approx(expected, rel=1e-6)
    moves = nodes.moves()
    chances = {}
    for parameter in journey.parameters:
        if parameter.name == "transition_probability":
            chances = dict(zip(parameter.keys, parameter.draws[0, 0], strict=True))
    pulls = np.ones((len(counts), counts.shape[1]))
    x = nodes.relative_spend
    pulls[: len(x)] = np.exp(first["parent_effects"][:, None] * 2 * (x - 1) / (x + 1))
    total, visits = np.zeros_like(counts), nodes.per_node(journey.data.touches)
    for i, (market, name) in enumerate(nodes.names):
        onto = {
            j: chances[market, name, target]
            for j, (other, target) in enumerate(nodes.names)
            if market == other and (market, name, target) in chances
        }
        weight = sum(chance * pulls[j] for j, chance in onto.items()) / sum(onto.values())
        displaced = 1 + first["displacement"][nodes.market[i]] * (weight - 1)
        for j, chance in onto.items():
            mean = visits[i] / displaced * chance * pulls[j]
            total[i] += np.where(mean > 0, poisson.logpmf(moves[i, j], mean), 0.0)
    assert observed["moves"].log_likelihood[0] == pytest.approx(total, rel=1e-6, abs=1e-6)


def test_a_forecast_without_surprises_is_the_response_to_the_spend(journey):
    calm = {name: np.zeros_like(journey.posterior[name]) for name in ("demand", "control_coefficients")}
    calm |= {"demand_scale": np.full_like(journey.posterior["demand_scale"], 1e-12)}
    calm |= {"dispersion": np.full_like(journey.posterior["dispersion"], 1e12)}
    short = shortened(replace(journey, posterior=journey.posterior | calm), 60)
    known = forecast_of(short, journey.data, 40, 13, np.random.default_rng(1))
    nodes = Nodes.of(short.data)
    response = Response.from_frames("journey", draws_frame(short, 40), constants_frame(short))
    later = dict(zip(nodes.names, nodes.per_node(journey.data.spend)[:, 60:], strict=True))
    plans = np.array([later[key] for key in response.keys]).T
    expected = response.conversions_by_market(plans)
    for m, market in enumerate(response.markets):
        rows = [name == market for name, _ in nodes.names]
        assert known.mean[:, rows].sum(axis=1) == pytest.approx(expected[:, :, m], rel=1e-4)


def test_too_few_draws_are_refused_after_a_second_attempt(hurried):
    assert not hurried.converged
    table = diagnostics_frame(hurried)
    assert table["converged"].tolist() == [False, False]
    assert table["action"][0].startswith(
        "retried in plain form with target_accept 0.97 and 2 times the tuning and draws"
    )
    assert table["action"][1].startswith("given up: ")
    assert "ESS" in table["action"][1]


def test_a_funnel_is_left_by_the_other_form():
    market = quiet(periods=40)
    found = fit("journey", market, SamplerSettings(draws=1000, tune=500, chains=4, seed=3))
    table = diagnostics_frame(found)
    assert table["converged"].tolist() == [False, True]
    assert table["action"][0].startswith("retried in non-centred form with target_accept 0.85 and 1 times")
    assert "E-BFMI" in table["action"][0]
    (entries,) = (p for p in found.parameters if p.name == "reference_entries")
    recent = dict(zip(market.touchpoints, market.entries[0, :, -13:].mean(axis=1), strict=True))
    means = {key[1]: value for key, value in zip(entries.keys, entries.draws.mean(axis=(0, 1)), strict=True)}
    assert means["direct"] == pytest.approx(recent["direct"], rel=0.15)


def test_the_same_seed_gives_the_same_draws(hurried, data):
    again = fit("poisson", data, SamplerSettings(draws=20, tune=20, chains=4, seed=3))
    other = fit("poisson", data, SamplerSettings(draws=20, tune=20, chains=4, seed=4))
    for first, second, third in zip(hurried.parameters, again.parameters, other.parameters, strict=True):
        assert np.array_equal(first.draws, second.draws)
        assert first.draws.size == 0 or not np.array_equal(first.draws, third.draws)


def trace(draws, divergent=0):
    """A trace of given draws (chain, draw) with healthy statistics but for the divergences."""
    rng = np.random.default_rng(0)
    diverging = np.zeros(draws.shape, dtype=bool)
    diverging.flat[:divergent] = True
    stats = {
        "diverging": diverging,
        "energy": rng.normal(size=draws.shape),
        "maxdepth_reached": np.zeros(draws.shape, dtype=bool),
    }
    return Trace({"level": draws}, stats)


@pytest.mark.parametrize(
    ("chains", "shift", "divergent", "reason"),
    [
        (4, 0.0, 0, ""),
        (3, 0.0, 0, "3 chains, 4 are needed"),
        (4, 0.0, 1, "1 divergent transitions"),
        (4, 1.5, 0, "R-hat .* of level; bulk ESS .* below 400"),
    ],
)
def test_the_gate_names_what_is_wrong(chains, shift, divergent, reason):
    draws = np.random.default_rng(9).normal(size=(chains, 1000))
    draws[0] += shift
    failure = Diagnostics.of(trace(draws, divergent)).failure
    assert failure == "" if not reason else re.match(reason, failure)


def test_a_chain_that_stands_still_is_refused():
    draws = np.zeros((4, 1000))
    assert "R-hat nan of level" in Diagnostics.of(trace(draws)).failure
