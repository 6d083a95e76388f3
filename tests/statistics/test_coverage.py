"""How often 90 % intervals of the response hold the true one, on markets drawn from `journey` itself."""

import json

import numpy as np
import pytest
from model_data import (
    CONTROLS,
    MARKET,
    PAID,
    PERIODS,
    SPEND,
    Draw,
    Drawn,
    centred,
    demand,
    draw_journey,
    level,
    log_entries,
    log_mean,
    network,
    onto_paid,
    pulls,
)
from ranks import posterior
from verification import PROJECT, code_hash, record

from conversionflow.estimation import Response, constants_frame, draws_frame
from conversionflow.estimation.effort import Effort
from conversionflow.estimation.fitting import MODELS, Fit

MARKETS_DRAWN, CHUNK = 500, 25
#: Spend over its mean at which the response is judged, the same for both paid touchpoints.
LEVELS = (0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0)
RECENT, MASS = 13, 0.9
BOUNDS = (0.865, 0.935)
SOURCES = ("conversionflow/estimation",)
DONE = PROJECT / ".cache" / "coverage"
ENTRY_LEVEL = (np.log(12.0), 0.5)
EXPLANATION = """Small markets (two paid and two organic touchpoints, 20 weeks) drawn from the priors of
`journey`, journeys walked one by one; the shares of their true conversions a week that lie in the 90 %
interval, at spend of so many times its mean.

"""


def rows_of(rng, truth) -> np.ndarray:
    """Chances at mean spend of each node: the other touchpoint, the conversion, the loss, (4, 3)."""
    pull, convert = onto_paid(truth), pulls(truth["conversion_effects"])
    while True:
        rows = rng.dirichlet(np.full(3, 0.5), 4)
        pulled = [rows[n, 0] + rows[n, 1] * convert[n].max() for n in range(PAID)]
        pulled += [rows[PAID + n, 0] * pull[n].max() + rows[PAID + n, 1] for n in range(PAID)]
        if max(pulled) < 1.0:
            return rows


def walked(rng, entries, rows, truth):
    """Visits and conversions by node (4, T), and moves to the other touchpoint of the market."""
    chances = np.repeat(rows[:, None, :], PERIODS, axis=1)
    chances[PAID:, :, 0] *= onto_paid(truth)
    chances[:PAID, :, 1] *= pulls(truth["conversion_effects"])
    chances[:, :, 2] = np.maximum(1.0 - chances[:, :, 0] - chances[:, :, 1], 0.0)
    chances /= chances.sum(axis=2, keepdims=True)
    visits, onward, closed = (np.zeros((4, PERIODS)) for _ in range(3))
    arrived = entries.astype(int)
    while arrived.sum():
        steps = rng.multinomial(arrived, chances)
        visits += arrived
        onward += steps[:, :, 0]
        closed += steps[:, :, 1]
        arrived = steps[[2, 3, 0, 1], :, 0]
    return visits, onward, closed


def multiplier(at: Draw, n: int, x: float) -> float:
    h, w = at["response_saturation"][n], at["response_floor"][n]
    power = max(x, 1e-6) ** (8 * np.tanh(at["beta1"][n] * (1 + h) / (h * (1 - w)) / 8))
    return float(w + (1 - w) * (1 + h) * power / (h + power))


def kept_within(row, before):
    """Scale a row of chances to move and to convert so that it takes no more than what was lost before."""
    lost, extra = 1.0 - before.sum(), row.sum() - before.sum()
    if extra <= lost / 2:
        return row
    taken = lost / 2 * (2 - np.exp(1 - 2 * extra / lost))
    return row * (before.sum() + taken) / row.sum()


def true_conversions(truth, levels, rows, x: float) -> float:
    """Conversions a period of both markets, every paid touchpoint at x times its mean spend."""
    conditions = np.exp(centred(demand(truth)))[:, -RECENT:].mean(axis=1)
    g, total = 2 * (x - 1) / (x + 1), 0.0
    for m in range(PAID):
        past = np.mean([np.log(multiplier(truth, m, spent)) for spent in SPEND[m]])
        entries = np.exp(levels[[m, PAID + m]]) * conditions[m]
        entries[0] *= multiplier(truth, m, x) * np.exp(-past)
        paid, organic = rows[m, :2].copy(), rows[PAID + m, :2].copy()
        paid[1] *= np.exp(truth["conversion_effects"][m] * g)
        pull = np.exp(truth["parent_effects"][m] * g)
        organic[0] *= pull / (1 + truth["displacement"][m] * (pull - 1))
        paid, organic = kept_within(paid, rows[m, :2]), kept_within(organic, rows[PAID + m, :2])
        onward = np.array([[0.0, paid[0]], [organic[0], 0.0]])
        total += entries @ np.linalg.solve(np.eye(2) - onward, [paid[1], organic[1]])
    return float(total)


def held(seed: int) -> list[bool]:
    """Whether the interval holds the true conversions, at each of `LEVELS`."""
    rng, module = np.random.default_rng([seed, 7]), MODELS["journey"]
    priors = dict(module.DEFAULT_PRIORS)
    truth = draw_journey(rng, priors)
    levels = rng.normal(*ENTRY_LEVEL, 4)
    rows = rows_of(rng, truth)
    mean = np.exp(levels[:, None] + log_entries(truth))
    sizes = truth["dispersion"][:, None]
    entries = rng.poisson(mean * rng.gamma(sizes, 1 / sizes, mean.shape))
    visits, onward, closed = walked(rng, entries, rows, truth)
    moves = np.zeros((2, 2, 2, PERIODS))
    moves[:, 0, 1], moves[:, 1, 0] = onward[:PAID], onward[PAID:]
    data = network({"entries": entries, "touches": visits, "conversions": closed}, moves)
    priors["beta0"] = level(*ENTRY_LEVEL, log_mean(entries))
    drawn = Drawn(truth, data, priors, float)
    effort = Effort(draws=1000, tune=500, thinning=1, seed=seed, target_accept=0.9)
    draws = {
        name: values[None] for name, values in posterior("journey", "non-centred", drawn, effort).items()
    }
    parameters = module.publish(data, draws, RECENT, rng)
    fitted = Fit("journey", data, draws, tuple(parameters), (), {})
    response = Response.from_frames("journey", draws_frame(fitted, 1000), constants_frame(fitted))
    conversions = response.conversions(100.0 * np.outer(LEVELS, np.ones(PAID)))
    low, high = np.quantile(conversions, [(1 - MASS) / 2, (1 + MASS) / 2], axis=0)
    true = np.array([true_conversions(truth, levels, rows, x) for x in LEVELS])
    return [bool(inside) for inside in (low <= true) & (true <= high)]


def kept(start: int) -> list[list[bool]]:
    """Markets from `start` on; those that are done stay in the cache, for a run that is stopped."""
    done = DONE / code_hash(SOURCES) / f"{start}.json"
    if not done.exists():
        done.parent.mkdir(parents=True, exist_ok=True)
        done.write_text(json.dumps([held(seed) for seed in range(start, start + CHUNK)]))
    found: list[list[bool]] = json.loads(done.read_text())
    return found


def report(inside: np.ndarray) -> str:
    lines = ["| spend over mean | markets | held |", "|---|---|---|"]
    lines += [
        f"| {x} | {len(inside)} | {share:.3f} |" for x, share in zip(LEVELS, inside.mean(axis=0), strict=True)
    ]
    return EXPLANATION + "\n".join([*lines, f"| all | {len(inside)} | {inside.mean():.3f} |"])


def test_the_truth_is_what_the_response_gives_for_the_true_parameters():
    rng = np.random.default_rng(4)
    truth = draw_journey(rng, MODELS["journey"].DEFAULT_PRIORS)
    levels, rows = rng.normal(*ENTRY_LEVEL, 4), rows_of(rng, truth)
    entries = rng.poisson(np.exp(levels[:, None] + log_entries(truth)))
    visits, onward, closed = walked(rng, entries, rows, truth)
    moves = np.zeros((2, 2, 2, PERIODS))
    moves[:, 0, 1], moves[:, 1, 0] = onward[:PAID], onward[PAID:]
    data = network({"entries": entries, "touches": visits, "conversions": closed}, moves)
    at = {name: np.asarray(value)[None, None] for name, value in truth.items()}
    at["entry_level"] = (levels - log_mean(entries))[None, None]
    chances = dict(zip(range(4), rows, strict=True))
    parameters = []
    for parameter in MODELS["journey"].publish(data, at, RECENT, rng):
        if parameter.name == "transition_probability":
            place = {("Italy", "ads"): 0, ("Spain", "ads"): 1, ("Italy", "direct"): 2, ("Spain", "direct"): 3}
            ends = {"(conversion)": 1, "(null)": 2}
            values = [chances[place[m, k]][ends.get(to, 0)] for m, k, to in parameter.keys]
            parameter = type(parameter)(parameter.name, parameter.keys, np.array(values)[None, None])
        parameters.append(parameter)
    fitted = Fit("journey", data, at, tuple(parameters), (), {})
    response = Response.from_frames("journey", draws_frame(fitted, 1), constants_frame(fitted))
    found = response.conversions(100.0 * np.outer(LEVELS, np.ones(PAID)))[0]
    expected = [true_conversions(truth, levels, rows, x) for x in LEVELS]
    assert found == pytest.approx(expected, rel=1e-9)
    assert CONTROLS.shape[1] == PERIODS == len(data.periods)
    assert np.array_equal(MARKET, [0, 1, 0, 1])


@pytest.mark.verify
def test_intervals_of_the_response_hold_the_true_one_as_often_as_they_say():
    inside: list[list[bool]] = []
    for start in range(0, MARKETS_DRAWN, CHUNK):
        inside += kept(start)
        record("Coverage of the response", report(np.array(inside)), SOURCES)
    shares = np.array(inside).mean(axis=0)
    assert ((shares >= BOUNDS[0]) & (shares <= BOUNDS[1])).all()
