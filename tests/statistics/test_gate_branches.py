"""Data and posteriors that are hard on a fit, each with what becomes of it (funnel: test_estimation_fit)."""

from dataclasses import asdict, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
import scenario_tables

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
from conversionflow.pipeline import fit_network, response_grid, search_budget
from tests.statistics.test_network_records import CHOSEN, relations

PERIODS = 52
SETTINGS = SamplerSettings(draws=500, tune=400, seed=3)


def market(x, silent=False, periods=PERIODS, seed=4):
    """Touchpoints `a` to `c` with spend `x` (P, T), and `organic`; with `silent` nobody converts at `a`."""
    rng = np.random.default_rng(seed)
    names = [*"abc"[: len(x)], "organic"]
    count = len(names)
    demand = np.exp(np.convolve(rng.normal(0, 0.15, periods + 2), [0.25, 0.5, 1.0], "valid"))
    growth = np.vstack([x**0.5, np.ones(periods)]) * demand
    entries = rng.poisson(40.0 * growth)
    chances = np.full((count, count + 2), 0.08)
    chances[0, count] = 0.0 if silent else 0.08
    chances[:, -1] = 1.0 - chances[:, :-1].sum(axis=1)
    touches, moves, conversions = np.zeros_like(entries), np.zeros((count, count, periods)), entries * 0.0
    arrived = entries
    while arrived.sum():
        steps = rng.multinomial(arrived.T, chances).transpose(1, 2, 0)
        touches, moves, conversions = (
            touches + arrived,
            moves + steps[:, :count],
            conversions + steps[:, count],
        )
        arrived = steps[:, :count].sum(axis=0)
    return NetworkData(
        markets=("Italy",),
        touchpoints=tuple(names),
        periods=tuple(date(2024, 1, 1) + timedelta(weeks=week) for week in range(periods)),
        spend=np.vstack([100.0 * x, np.zeros(periods)])[None],
        entries=entries[None].astype(float),
        touches=touches[None].astype(float),
        conversions=conversions[None],
        moves=moves[None],
        controls=np.linspace(-1.7, 1.7, periods)[None, :, None],
        control_names=("trend",),
    )


def alone(data):
    """The first touchpoint only."""
    cut = {name: getattr(data, name)[:, :1] for name in ("spend", "entries", "touches", "conversions")}
    return replace(data, touchpoints=data.touchpoints[:1], moves=data.moves[:, :1, :1], **cut)


def spends(count, periods=PERIODS):
    x = np.exp(np.random.default_rng(1).normal(0, 0.5, (count, periods)))
    return x / x.mean(axis=1, keepdims=True)


def of(found, parameter):
    return summary_frame(found, 0.9).set_index(["parameter", "touchpoint"]).loc[parameter]


def test_a_posterior_with_two_modes_is_refused():
    # Of counts of 0 and 1 only the product of slope and effect is known: both may change their sign.
    rng = np.random.default_rng(6)
    x = np.exp(rng.normal(0, 1.2, (1, 80)))
    data = alone(market(x / x.mean(), periods=80))
    busy = np.log1p(data.spend[0, 0] / data.spend.mean()) > 0.6
    data = replace(data, conversions=np.where(rng.random(80) < 0.08, ~busy, busy)[None, None].astype(float))
    priors = {
        "hurdle.beta1": {"distribution": "Normal", "mu": 0.0, "sigma": 1.0},
        "hurdle.occurrence_slope": {"distribution": "Normal", "mu": 0.0, "sigma": 3.0},
        "hurdle.beta0": {"distribution": "Normal", "mu": -4.0, "sigma": 0.3},
    }
    found = fit("hurdle", data, replace(SETTINGS, priors=priors))
    table = diagnostics_frame(found)
    modes = found.posterior["beta1"].mean(axis=(1, 2))
    assert modes.min() < -0.3 < 0.3 < modes.max()
    assert not found.converged
    assert table["action"].iloc[-1].startswith("given up: R-hat")
    assert len(table) == 2


def test_spend_in_proportion_to_that_of_another_touchpoint():
    data = market(np.repeat(spends(1), 2, axis=0))
    found = fit("journey", data, SETTINGS)
    assert found.converged
    effects = of(found, "parent_effects")
    assert (effects["sd"] < 0.31).all()
    assert (of(found, "beta1")["mean"] > 0.2).all()


def test_regressions_share_what_collinear_parents_do():
    x = np.repeat(spends(1), 3, axis=0)
    found = fit("poisson", market(x), SETTINGS)
    assert found.converged
    assert np.isfinite(of(found, "beta1")["sd"]).all()


def test_columns_that_never_change_leave_the_prior():
    data = market(np.vstack([np.ones(PERIODS), spends(1)]))
    data = replace(data, controls=np.zeros_like(data.controls))
    # As to `journey`: test_estimation_fit has a touchpoint that always spends the same.
    for model in ("poisson", "hurdle"):
        found = fit(model, data, SETTINGS)
        assert found.converged, model
        slopes = of(found, "beta1")["sd"]
        assert slopes["a"] == pytest.approx(0.5, rel=0.15)
        assert slopes["b"] < 0.3
        assert not any(parameter.keys for parameter in found.parameters if parameter.name == "control_trend")


@pytest.mark.parametrize("model", ["journey", "poisson", "hurdle"])
def test_a_touchpoint_where_nobody_converts(model):
    found = fit(model, market(spends(2), silent=True), SETTINGS)
    assert found.converged
    if model == "journey":
        converts = of(found, "transition_probability").set_index("related_touchpoint", append=True)["mean"]
        assert converts["a", "(conversion)"] < 0.002
        assert converts["b", "(conversion)"] == pytest.approx(0.08, abs=0.02)


@pytest.mark.parametrize("model", ["poisson", "hurdle"])
def test_a_single_touchpoint(model):
    found = fit(model, alone(market(spends(1))), SETTINGS)
    assert found.converged
    assert set(of(found, "beta1").index) == {"a"}


def test_a_single_touchpoint_is_a_network():
    data = alone(market(spends(1)))
    found = fit("journey", data, replace(SETTINGS, draws=150, tune=200, chains=2))
    assert diagnostics_frame(found)["action"].iloc[0].startswith("given up: 2 chains, 4 are needed")
    assert np.isfinite(summary_frame(found, 0.9)[["mean", "sd", "low", "high"]]).all(axis=None)
    response = Response.from_frames("journey", draws_frame(found, 300), constants_frame(found))
    at_mean = response.conversions(data.spend[0].mean(axis=1)[None]).mean()
    assert at_mean == pytest.approx(data.conversions[..., -13:].sum() / 13, rel=0.15)


def test_three_weeks_give_the_network_without_a_response_and_no_plan():
    data = market(spends(2, 3), periods=3)
    found = fit("journey", data, SETTINGS)
    assert found.converged
    assert diagnostics_frame(found)["action"].tolist() == [
        "accepted in steady form, without a response to spend: A response to spend takes at least 20 "
        "periods and the data have 3: bring more history or choose a shorter period"
    ]
    entries = of(found, "reference_entries")
    shape = 0.5 + data.entries[0].sum(axis=1)
    exact = dict(zip(data.touchpoints, shape / 3, strict=True))
    for name, mean in exact.items():
        spread = np.sqrt(shape[data.touchpoints.index(name)]) / 3
        assert abs(entries.loc[name, "mean"] - mean) < 4 * spread / np.sqrt(2000)
        assert entries.loc[name, "sd"] == pytest.approx(spread, rel=0.1)
    assert "beta1" not in {parameter.name for parameter in found.parameters}


def test_a_short_history_leaves_tables_and_says_that_there_is_no_plan():
    weeks = pd.date_range("2024-01-01", periods=3, freq="7D")
    spans = pd.DataFrame({"period_start": weeks, "is_complete": True, "is_spend_complete": True})
    activity = pd.concat(
        pd.DataFrame(
            {
                "period_start": weeks,
                "market": "all",
                "touchpoint": name,
                "spend": spend,
                "entries": 60,
                "touches": 100,
                "conversions": 5,
                "revenue": 0.0,
            }
        )
        for name, spend in (("ads", 100.0), ("direct", 0.0))
    )
    moves = pd.DataFrame(
        {
            "period_start": weeks,
            "market": "all",
            "touchpoint_from": "ads",
            "touchpoint_to": "direct",
            "transitions": 20,
        }
    )
    settings = asdict(replace(CHOSEN, models=("journey", "poisson"), priors={}))
    tables = {"periods": spans, "touchpoint_periods": activity}
    fitted = fit_network(settings, **relations({**tables, "transition_counts": moves})).to_pandas()
    records = dict(list(fitted.groupby("record")))
    (note,) = records["degradation"]["note"]
    assert note.startswith("There is no budget advice. A response to spend takes at least 20 periods")
    assert "Model journey was fitted without a response to spend" in note
    assert records["attempt"]["converged"].tolist() == [True]
    assert records["comparison"]["selected"].tolist() == [False]
    frames = {
        **tables,
        "diagnostics": records["attempt"],
        "draws": records["draw"],
        "constants": records["constant"].rename(columns={"parameter": "constant", "constant": "unused"}),
    }
    assert response_grid(settings, **relations(frames)).num_rows == 0
    assert search_budget(settings, **relations({**frames, **scenario_tables.seeds()})).num_rows == 0
    alone = asdict(replace(CHOSEN, models=("poisson",), priors={}))
    nothing = fit_network(alone, **relations({**tables, "transition_counts": moves})).to_pandas()
    assert nothing["record"].tolist() == ["degradation"]
    assert "Model poisson is not fitted" in nothing["note"][0]
