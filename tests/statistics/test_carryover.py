"""Carry-over of spend: recovered from entries that were simulated with it, and absent unless wanted."""

from datetime import date, timedelta

import numpy as np
import pytest

from conversionflow.estimation import (
    NetworkData,
    Response,
    SamplerSettings,
    constants_frame,
    draws_frame,
    fit,
    priors_frame,
)
from conversionflow.estimation.comparison import forecast_of, observations_of
from conversionflow.estimation.nodes import Nodes

PERIODS, CARRYOVER, ELASTICITY = 130, 0.6, 0.7
NAMES = ("ads", "direct")


def remembered(spend, rate):
    """Weighted mean of the spend so far, written as the sum that it is."""
    total = []
    for t in range(len(spend)):
        weights = (1 - rate) * rate ** np.arange(t + 1)
        weights[-1] = rate**t
        total.append(weights @ spend[t::-1])
    return np.array(total)


def market():
    """One touchpoint whose spend goes on and off, and one without spend."""
    rng = np.random.default_rng(8)
    x = np.exp(rng.normal(0, 0.5, PERIODS)) * (rng.random(PERIODS) > 0.25)
    x /= x.mean()
    response = 0.2 + 0.8 * remembered(x, CARRYOVER) ** ELASTICITY
    demand = np.exp(np.convolve(rng.normal(0, 0.2, PERIODS + 2), [0.25, 0.5, 1.0], "valid"))
    entries = rng.poisson(np.stack([60 * response * demand, 50 * demand]))[None].astype(float)
    steps = np.stack([rng.multinomial(count, [0.1, 0.1, 0.06, 0.74]) for count in entries[0].astype(int)])
    moves, conversions = steps[:, :, :2].transpose(0, 2, 1), steps[:, :, 2]
    return NetworkData(
        markets=("Italy",),
        touchpoints=NAMES,
        periods=tuple(date(2023, 1, 2) + timedelta(weeks=week) for week in range(PERIODS)),
        spend=np.stack([100 * x, np.zeros(PERIODS)])[None],
        entries=entries,
        touches=entries,
        conversions=conversions[None].astype(float),
        moves=moves[None].astype(float),
        controls=np.linspace(-1.7, 1.7, PERIODS)[None, :, None],
        control_names=("trend",),
    )


@pytest.fixture(scope="module")
def fitted():
    return fit("journey", market(), SamplerSettings(draws=700, tune=400, seed=3, spend_carryover=True))


def test_the_rate_that_made_the_entries_is_found(fitted):
    assert fitted.converged
    (rate,) = (parameter for parameter in fitted.parameters if parameter.name == "carryover")
    assert rate.keys == (("Italy", "ads", "(none)"),)
    assert abs(rate.draws.mean() - CARRYOVER) < 2.5 * rate.draws.std()
    assert rate.draws.std() < 0.06  # 0.19 before the data
    assert "carryover" in set(priors_frame(fitted, SamplerSettings(spend_carryover=True))["parameter"])


def test_periods_follow_what_was_spent_before_and_steady_plans_do_not(fitted):
    draws, constants = draws_frame(fitted, 40), constants_frame(fitted)
    response = Response.from_frames("journey", draws, constants)
    history = observations_of(fitted, 40, 13)["entries"].distribution.mean
    ahead = forecast_of(fitted, longer(fitted.data, 3), 40, 13, np.random.default_rng(0))
    without = Response.from_frames("journey", draws[draws["parameter"] != "carryover"], constants)
    plans = np.array([[40.0], [100.0], [180.0]])
    assert np.array_equal(response.conversions(plans), without.conversions(plans))
    table = draws.set_index(["chain", "draw", "parameter", "touchpoint"])["value"]
    spend = Nodes.of(fitted.data).relative_spend[0]
    for s, key in enumerate(draws[["chain", "draw"]].drop_duplicates().itertuples(index=False)):
        at = table.loc[tuple(key)]
        h, w = at["response_saturation", "ads"], at["response_floor", "ads"]
        n = 8 * np.tanh(at["beta1", "ads"] * (1 + h) / (h * (1 - w)) / 8)
        power = np.maximum(remembered(spend, at["carryover", "ads"]), 1e-6) ** n
        expected = np.log(w + (1 - w) * (1 + h) * power / (h + power))
        direct = np.log(history[s, 1]) - np.log(history[s, 1]).mean()
        found = np.log(history[s, 0]) - direct
        assert found - found.mean() == pytest.approx(expected - expected.mean(), abs=1e-9)
    assert np.isfinite(ahead.mean).all()


def longer(data, more):
    """The same history with a few more periods without any spend."""
    widths = {
        name: np.concatenate([getattr(data, name), np.zeros_like(getattr(data, name)[..., :more])], axis=-1)
        for name in ("spend", "entries", "touches", "conversions", "moves")
    }
    later = tuple(data.periods[-1] + timedelta(weeks=week) for week in range(1, more + 1))
    controls = np.concatenate([data.controls, data.controls[:, -more:]], axis=1)
    return NetworkData(
        markets=data.markets,
        touchpoints=data.touchpoints,
        periods=(*data.periods, *later),
        controls=controls,
        control_names=data.control_names,
        **widths,
    )


def test_without_the_setting_spend_acts_in_its_own_period():
    plain = fit("journey", market(), SamplerSettings(draws=50, tune=50, chains=1, seed=3))
    assert "carryover" not in {parameter.name for parameter in plain.parameters}
    assert "carryover" not in set(priors_frame(plain, SamplerSettings())["parameter"])
