"""Measured lifts in the likelihood, on a market whose spend hardly varies: the journeys alone say little."""

from dataclasses import fields, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import yaml

from conversionflow.core.settings import Settings
from conversionflow.estimation import (
    NetworkData,
    Response,
    SamplerSettings,
    conflicts,
    constants_frame,
    draws_frame,
    fit,
    journey,
    with_experiments,
)
from conversionflow.estimation.experiments import LIFT, experiments_inside, spend_changes
from conversionflow.estimation.journey_density import journey_log_density
from conversionflow.estimation.types import Experiment
from conversionflow.pipeline import fit_network
from conversionflow.warehouse.relations import Relation

WEEKS, FIRST = 60, date(2024, 1, 1)
SPEND = 1000.0
#: Entries of ads grow with the spend to this power, far less than the prior expects.
POWER = 0.2
ROWS = np.array([[0.10, 0.15, 0.08, 0.67], [0.12, 0.10, 0.06, 0.72]])
#: Conversions that a visit of ads or of direct leads to.
VALUES = np.linalg.solve(np.eye(2) - ROWS[:, :2], ROWS[:, 2])
COLUMNS = [
    *("experiment_id", "market", "touchpoint", "started_on", "ended_on"),
    *("spend_change", "conversions_lift", "lift_sd"),
]
SETTINGS = SamplerSettings(draws=1000, tune=600, chains=4, seed=2)


def walk(entries, rng):
    """Follow the journeys of one week: visits, moves and conversions."""
    visits, moves, conversions = np.zeros(2), np.zeros((2, 2)), np.zeros(2)
    arrived = entries
    while arrived.sum():
        steps = rng.multinomial(arrived, ROWS)
        visits += arrived
        moves += steps[:, :2]
        conversions += steps[:, 2]
        arrived = steps[:, :2].sum(axis=0)
    return visits, moves, conversions


def market():
    """One market, and what the entries of ads would be at mean spend in each week."""
    rng = np.random.default_rng(12)
    x = np.exp(rng.normal(0.0, 0.03, WEEKS))
    x /= x.mean()
    demand = np.convolve(rng.normal(0, 0.12, WEEKS + 1), [1.0, 0.5], "valid")
    base = 150.0 * np.exp(demand)
    means = np.stack([base * x**POWER, 120.0 * np.exp(demand)])
    entries = rng.poisson(means * rng.gamma(100.0, 0.01, means.shape))
    touches, conversions, moves = np.zeros((2, WEEKS)), np.zeros((2, WEEKS)), np.zeros((2, 2, WEEKS))
    for t in range(WEEKS):
        touches[:, t], moves[:, :, t], conversions[:, t] = walk(entries[:, t], rng)
    trend = np.linspace(-1.7, 1.7, WEEKS)
    data = NetworkData(
        markets=("Italy",),
        touchpoints=("ads", "direct"),
        periods=tuple(FIRST + timedelta(weeks=week) for week in range(WEEKS)),
        spend=np.stack([SPEND * x, np.zeros(WEEKS)])[None],
        entries=entries[None].astype(float),
        touches=touches[None],
        conversions=conversions[None],
        moves=moves[None],
        controls=trend[None, :, None],
        control_names=("trend",),
    )
    return data, base


def true_lift(data, base, share):
    """Conversions that a share of the spend of weeks 20 to 29 truly brought, and that money."""
    weeks = slice(20, 30)
    x = data.spend[0, 0] / SPEND
    brought = base[weeks] * (x[weeks] ** POWER - ((1.0 - share) * x[weeks]) ** POWER)
    return VALUES[0] * brought.sum(), share * SPEND * x[weeks].sum()


def row(lift, money, sd, **changes):
    values = ("geo test", "Italy", "ads", FIRST + timedelta(weeks=20), FIRST + timedelta(days=7 * 30 - 1))
    return pd.DataFrame([(*values, money, lift, sd)], columns=COLUMNS).assign(**changes)


def of_all_draws(fitted):
    count = fitted.posterior["beta1"][..., 0].size
    return Response.from_frames("journey", draws_frame(fitted, count), constants_frame(fitted))


def contribution(fitted, share=0.5):
    """Draws of the conversions per week that the upper part of the mean spend on ads brings."""
    response = of_all_draws(fitted)
    spend = response.mean_spend
    draws = response.conversions(np.stack([spend, share * spend]))
    return draws[:, 0] - draws[:, 1]


@pytest.fixture(scope="module", autouse=True)
def compiled_before():
    """Signatures that other tests in this process have compiled the density for."""
    return set(journey_log_density.signatures)


@pytest.fixture(scope="module")
def truth():
    return market()


@pytest.fixture(scope="module")
def without(truth):
    return fit("journey", truth[0], SETTINGS)


@pytest.fixture(scope="module")
def measured(truth):
    data, base = truth
    lift, money = true_lift(data, base, 0.4)
    return with_experiments(data, row(lift, money, 0.15 * lift))


@pytest.fixture(scope="module")
def calibrated(measured):
    return fit("journey", measured, SETTINGS)


def test_one_accurate_experiment_narrows_its_curve_and_moves_it_to_the_truth(truth, without, calibrated):
    assert without.converged
    assert calibrated.converged
    _, base = truth
    true = VALUES[0] * base[-13:].mean() * (1.0 - 0.5**POWER)
    before, after = contribution(without), contribution(calibrated)
    assert after.std() < 0.5 * before.std()
    assert abs(after.mean() - true) < 0.5 * abs(before.mean() - true)
    assert abs(after.mean() - true) < 2.0 * after.std()
    assert conflicts(calibrated.data, calibrated.parameters) == []


def test_one_accurate_experiment_settles_whether_spend_moves_anything(without, calibrated):
    assert without.no_effect > 0.05
    assert calibrated.no_effect < 0.001


def exact_lifts(fitted, experiment):
    """The lift under each draw of a fit, from the draw's own network week by week."""
    response = of_all_draws(fitted)
    demand = np.exp(fitted.posterior["demand"][:, :, 0]).reshape(-1, WEEKS)
    spent = fitted.data.spend[0, 0]
    change = spend_changes(experiment, fitted.data.periods, spent)
    gained = response.conversions(spent[:, None]) - response.conversions((spent - change)[:, None])
    return np.sum(gained * demand / demand[:, -13:].mean(axis=1, keepdims=True), axis=1)


def weighted(draws, weights):
    mean = weights @ draws
    return mean, np.sqrt(weights @ (draws - mean) ** 2)


def test_the_value_of_a_visit_as_a_constant_costs_little_against_weighting_every_draw(
    without, calibrated, measured
):
    (experiment,) = measured.experiments
    parameters = journey.publish(without.data, without.posterior, 13, np.random.default_rng(SETTINGS.seed))
    without = replace(without, parameters=tuple(parameters))  # What they are given that spend has effects.
    lifts = exact_lifts(without, experiment)
    away = (experiment.conversions_lift - lifts) / experiment.lift_sd
    weights = np.exp(-0.5 * away**2) / np.exp(-0.5 * away**2).sum()
    effective = 1.0 / np.sum(weights**2)
    assert effective > 400
    for found, draws in ((contribution(calibrated), contribution(without)), (modelled(calibrated), lifts)):
        mean, sd = weighted(draws, weights)
        assert found.mean() == pytest.approx(mean, abs=4.0 * sd / np.sqrt(effective))
        assert found.std() == pytest.approx(sd, rel=0.15)


def modelled(fitted):
    (parameter,) = (p for p in fitted.parameters if p.name == LIFT)
    return parameter.draws[:, :, 0].ravel()


@pytest.mark.parametrize("money", [3900.0, -2000.0])
def test_the_modelled_lift_of_each_draw_is_near_that_of_its_own_network(calibrated, money):
    data = with_experiments(calibrated.data, row(15.0, money, 2.0))
    parameters = journey.publish(data, calibrated.posterior, 13, np.random.default_rng(0))
    found = modelled(replace(calibrated, parameters=tuple(parameters)))
    exact = exact_lifts(calibrated, data.experiments[0])
    assert np.sign(found.mean()) == np.sign(money)
    away = np.abs(found - exact) / abs(exact.mean())
    # Spend hardly varies here, so a few draws have a pull that only the prior's tail allows.
    assert np.quantile(away, 0.999) < 0.25
    assert away.max() < 0.5
    assert np.std(found - exact) < 0.05 * abs(exact.mean())
    assert abs((found - exact).mean()) < 0.02 * abs(exact.mean())


@pytest.mark.parametrize(
    ("change", "conflict"),
    [
        ({}, False),
        ({"conversions_lift": 15.2 * 20, "lift_sd": 2.3 * 20}, True),
        ({"spend_change": 40.0}, True),
    ],
)
def test_wrong_units_are_noted_as_a_conflict(truth, change, conflict):
    data, base = truth
    lift, money = true_lift(data, base, 0.4)
    wrong = with_experiments(data, row(lift, money, 0.15 * lift, **change))
    fitted = fit("journey", wrong, replace(SETTINGS, draws=200, tune=300, chains=2))
    notes = conflicts(fitted.data, fitted.parameters)
    assert len(notes) == conflict
    if conflict:
        assert notes[0].startswith(
            "Experiment geo test on ads in Italy contradicts the journeys: it measured"
        )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"lift_sd": 0.0}, "lift_sd above 0"),
        ({"spend_change": float("nan")}, "spend_change must be an amount other than 0"),
        ({"touchpoint": "radio"}, "no such touchpoint has spend and touches in that market"),
        ({"touchpoint": "direct"}, "no such touchpoint has spend and touches in that market"),
        ({"market": "Spain"}, "no such touchpoint has spend and touches in that market"),
        ({"ended_on": date(2024, 5, 1)}, "it ended on 2024-05-01, before it started on 2024-05-20"),
        ({"ended_on": date(2026, 5, 1)}, "the complete periods run from 2024-01-01 to 2025-02-23"),
        ({"spend_change": 1e6}, "spend_change is 1,000,000.00, and 9,855.56 was spent on its days"),
    ],
)
def test_an_experiment_that_the_network_cannot_use_is_left_out_with_the_reason(truth, changes, reason):
    found = with_experiments(truth[0], row(10.0, 4000.0, 2.0, **changes))
    assert found.experiments == ()
    assert found.notes[-1].startswith("Experiment geo test on ")
    assert reason in found.notes[-1]


@pytest.mark.parametrize(
    ("money", "by_week"),
    [(-1200.0, [-400.0, -700.0, -100.0, 0.0]), (1200.0, [100.0, 1050.0, 50.0, 0.0])],
)
def test_money_withheld_is_spread_over_the_days_and_money_added_over_the_spend(money, by_week):
    days = {"started_on": date(2024, 1, 4), "ended_on": date(2024, 1, 15)}
    experiment = Experiment("e", "IT", "ads", **days, spend_change=money, conversions_lift=3.0, lift_sd=1.0)
    periods = tuple(FIRST + timedelta(weeks=week) for week in range(4))
    spend = np.array([700.0, 4200.0, 1400.0, 900.0])
    assert spend_changes(experiment, periods, spend) == pytest.approx(by_week)


def test_a_fit_to_the_first_periods_knows_no_later_experiment(measured):
    def cut(weeks):
        arrays = ("spend", "entries", "touches", "conversions", "moves")
        first = {name: getattr(measured, name)[..., :weeks] for name in arrays}
        periods, controls = measured.periods[:weeks], measured.controls[:, :weeks]
        return experiments_inside(replace(measured, **first, periods=periods, controls=controls))

    assert [len(cut(weeks)) for weeks in (25, 29, 30, WEEKS)] == [0, 0, 1, 1]


def test_one_kernel_serves_fits_with_and_without_experiments(compiled_before, without, calibrated):
    assert len(set(journey_log_density.signatures) - compiled_before) <= 1


def test_without_experiments_a_fit_is_as_it_was(truth, without):
    assert all(parameter.name != LIFT for parameter in without.parameters)
    empty = with_experiments(truth[0], pd.DataFrame(columns=COLUMNS))
    assert (empty.experiments, empty.notes) == ((), ())
    assert conflicts(without.data, without.parameters) == []


def hurried_settings():
    project = yaml.safe_load((Path(__file__).parents[2] / "dbt_project.yml").read_text())
    given = project["vars"]["conversionflow"]
    defaults = {field.name: given[field.name] for field in fields(Settings)}
    few = {
        "fit_cache_path": None,
        "mcmc_draws": 100,
        "mcmc_tune": 200,
        "mcmc_chains": 2,
        "posterior_draws_kept": 100,
    }
    return {**defaults, **few, "models": ["journey"]}


class Rows(Relation):
    """A relation of given rows."""

    def __init__(self, frame):
        self.frame = frame

    def arrow(self, **only):
        assert not only
        return pa.Table.from_pandas(self.frame, preserve_index=False)

    def is_empty(self):
        return self.frame.empty


def test_a_build_warns_of_what_contradicts_and_of_what_it_cannot_use(truth):
    data, base = truth
    lift, money = true_lift(data, base, 0.4)
    weeks = {"period_start": pd.to_datetime(list(data.periods)), "market": "Italy"}
    activity = [
        pd.DataFrame(weeks | {"touchpoint": name}).assign(
            **{
                measure: getattr(data, measure)[0, k]
                for measure in ("spend", "entries", "touches", "conversions")
            }
        )
        for k, name in enumerate(data.touchpoints)
    ]
    counts = [
        pd.DataFrame(weeks | {"touchpoint_from": a, "touchpoint_to": b, "transitions": data.moves[0, i, j]})
        for i, a in enumerate(data.touchpoints)
        for j, b in enumerate(data.touchpoints)
    ]
    table = fit_network(
        hurried_settings(),
        periods=Rows(pd.DataFrame({"period_start": weeks["period_start"], "is_complete": True})),
        touchpoint_periods=Rows(pd.concat(activity)),
        transition_counts=Rows(pd.concat(counts)),
        experiments=Rows(
            pd.concat(
                [
                    row(20 * lift, money, 3 * lift),
                    row(lift, 1e6, lift / 8).assign(experiment_id="in cents"),
                ]
            )
        ),
    ).to_pandas()
    notes = table.loc[table["record"] == "warning", "note"].tolist()
    assert any(
        note.startswith("Experiment in cents on ads in Italy is not used: spend_change") for note in notes
    )
    assert any(
        note.startswith("Experiment geo test on ads in Italy contradicts the journeys") for note in notes
    )
    lifts = table[(table["record"] == "summary") & (table["parameter"] == LIFT)]
    assert lifts[["market", "touchpoint", "related_touchpoint"]].to_numpy().tolist() == [
        ["Italy", "ads", "geo test"]
    ]
