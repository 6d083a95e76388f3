"""Predictive distributions, leave-one-out densities and checks against scipy, closed forms and simulation."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

from conversionflow.estimation import (
    NetworkData,
    Response,
    SamplerSettings,
    comparison_frame,
    constants_frame,
    diagnostics_frame,
    draws_frame,
    fit,
    held_out_density,
    prior_checks_frame,
    priors_frame,
)
from conversionflow.estimation.checks import overdispersion, transform
from conversionflow.estimation.comparison import Evidence, leave_one_out, left_out_weights, observations_of
from conversionflow.estimation.density_kernel import BETA, GAMMA, LOG_NORMAL, NORMAL, STUDENT_T
from conversionflow.estimation.fitting import MODELS
from conversionflow.estimation.predictive import (
    HurdleCounts,
    NegativeBinomialCounts,
    PoissonCounts,
)
from conversionflow.estimation.prior_draws import draw_prior
from conversionflow.estimation.unconstrained import UnconstrainedDensity

PERIODS = 90
QUICK = SamplerSettings(draws=600, tune=400, seed=5)


def market(draw, seed=1):
    """One market of four touchpoints, the first two paid; `silent` never converts.

    `draw` makes conversions of a mean and a source of randomness.
    """
    rng = np.random.default_rng(seed)
    spend = np.zeros((1, 4, PERIODS))
    spend[0, :2] = rng.gamma(6.0, 50.0, (2, PERIODS))
    u = np.log1p(spend[0, :2] / spend[0, :2].mean(axis=1, keepdims=True))
    mean = np.exp(np.log([[6.0], [0.7]]) + np.array([[0.9], [0.6]]) * (u - u.mean(axis=1, keepdims=True)))
    conversions = np.zeros((1, 4, PERIODS))
    conversions[0, :3] = draw(np.vstack([mean, np.full((1, PERIODS), 3.0)]), rng)
    touches = conversions + rng.poisson(200.0, conversions.shape)
    moves = np.zeros((1, 4, 4, PERIODS))
    moves[0, 0, 2] = rng.binomial((touches - conversions)[0, 0].astype(int), 0.1)
    return NetworkData(
        markets=("Italy",),
        touchpoints=("ads", "direct", "social", "silent"),
        periods=tuple(date(2024, 1, 1) + timedelta(weeks=week) for week in range(PERIODS)),
        spend=spend[:, [0, 2, 1, 3]],
        entries=touches[:, [0, 2, 1, 3]],
        touches=touches[:, [0, 2, 1, 3]],
        conversions=conversions[:, [0, 2, 1, 3]],
        moves=moves[:, [0, 2, 1, 3]][:, :, [0, 2, 1, 3]],
        controls=np.zeros((1, PERIODS, 1)),
        control_names=("trend",),
    )


def poisson(mean, rng):
    return rng.poisson(mean)


def overdispersed(mean, rng):
    return rng.poisson(mean * rng.gamma(2.0, 0.5, mean.shape))


def with_hurdle(mean, rng):
    return np.where(rng.uniform(size=mean.shape) < 0.4, rng.poisson(mean) + 1, 0)


@pytest.fixture(scope="module")
def plain():
    return fit("poisson", market(poisson), QUICK)


@pytest.fixture(scope="module")
def spread():
    return fit("poisson", market(overdispersed), QUICK)


@pytest.fixture(scope="module")
def hurdle():
    return fit("hurdle", market(with_hurdle), QUICK)


RATE = np.array([1e-3, 0.4, 2.5, 30.0])
CHANCE = np.array([0.05, 0.5, 0.9, 0.7])
ABOVE = [stats.poisson(rate) for rate in RATE]
DISTRIBUTIONS = {
    "poisson": (PoissonCounts(RATE[None]), lambda k, n: stats.poisson.pmf(k, RATE[n])),
    "negative binomial": (
        NegativeBinomialCounts(RATE[None], np.full((1, 4), 3.0)),
        lambda k, n: stats.nbinom.pmf(k, 3.0, 3.0 / (3.0 + RATE[n])),
    ),
    "hurdle": (
        HurdleCounts(CHANCE[None], RATE[None]),
        lambda k, n: np.where(
            k > 0, CHANCE[n] * stats.poisson.pmf(k, RATE[n]) / stats.poisson.sf(0, RATE[n]), 1 - CHANCE[n]
        ),
    ),
}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_probabilities_and_moments_are_those_of_scipy(name):
    distribution, pmf = DISTRIBUTIONS[name]
    counts = np.arange(400)
    for n in range(4):
        chances = pmf(counts, n)
        mean = chances @ counts
        assert distribution.mean[0, n] == pytest.approx(mean, rel=1e-9)
        assert distribution.variance[0, n] == pytest.approx(chances @ (counts - mean) ** 2, rel=1e-8)
        for k in (0, 1, 4, 25):
            log = distribution.log_probability(np.full(4, float(k)))[0, n]
            assert log == pytest.approx(np.log(chances[k]), rel=1e-9)
            upto = distribution.cumulative(np.full(4, float(k)))[0, n]
            assert upto == pytest.approx(chances[: k + 1].sum(), rel=1e-9)


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_replications_have_the_distribution(name):
    distribution, pmf = DISTRIBUTIONS[name]
    draws = distribution.take(np.zeros(40_000, dtype=np.intp)).draw(np.random.default_rng(7))
    for n in range(4):
        for k in (0, 1, 2, 30):
            chance = float(pmf(np.array(k), n))
            error = np.sqrt(chance * (1 - chance) / len(draws)) + 1e-9
            assert abs((draws[:, n] == k).mean() - chance) < 4.5 * error


def test_leaving_one_out_is_exact_where_it_is_known_in_closed_form():
    """Poisson counts with a Gamma prior: the predictive distribution of a count left out is NegBinomial."""
    rng = np.random.default_rng(4)
    counts = rng.poisson(5.0, (1, 30)).astype(float)
    a, b = 2.0 + counts.sum(), 0.5 + 30
    rate = rng.gamma(a, 1 / b, 4000)
    log_likelihood = PoissonCounts(rate[:, None, None]).log_probability(counts)
    loo = leave_one_out(log_likelihood, 4)
    left_a, left_b = a - counts, b - 1
    exact = stats.nbinom.logpmf(counts, left_a, left_b / (left_b + 1)).sum()
    assert float(loo.elpd_loo) == pytest.approx(exact, abs=0.05)
    weights = np.exp(left_out_weights(log_likelihood))
    left_out = (weights * rate[:, None, None]).sum(axis=0) / weights.sum(axis=0)
    assert left_out == pytest.approx(left_a / left_b, rel=0.01)
    assert float(loo.good_k) == pytest.approx(min(1 - 1 / np.log10(4000), 0.7))


def test_the_transform_is_uniform_for_the_right_distribution_only():
    rng = np.random.default_rng(2)
    right = NegativeBinomialCounts(np.full((1, 1, 3000), 4.0), np.full((1, 1, 1), 2.0))
    counts = right.draw(rng)[0]
    wrong = PoissonCounts(right.mean)
    nothing = np.zeros((1, 1, 3000))
    chances = [
        stats.kstest(transform(counts, of, nothing, rng).ravel(), "uniform").pvalue for of in (right, wrong)
    ]
    assert chances[0] > 0.01
    assert chances[1] < 1e-6


def test_the_log_likelihood_by_period_adds_up_to_the_sampled_density(plain, spread, hurdle):
    for fitted, form in ((plain, "plain"), (spread, "negative binomial"), (hurdle, "plain")):
        module = MODELS[fitted.model]
        density = UnconstrainedDensity.of(module.build(fitted.data, module.DEFAULT_PRIORS, form))
        point = np.concatenate([fitted.posterior[name][0, 0].ravel() for name in density.shapes])
        flat = density.priors.copy()
        flat[:, 0], flat[:, 4], flat[:, 5] = 0.0, -np.inf, np.inf
        value, _ = density.likelihood.kernel(point, flat, *density.likelihood.data)
        (observed,) = observations_of(fitted, 4, 13).values()
        assert observed.log_likelihood[0].sum() == pytest.approx(value, rel=1e-9)


def test_poisson_data_stay_poisson(plain):
    assert plain.converged
    assert diagnostics_frame(plain)["action"].tolist() == ["accepted"]
    assert "dispersion" not in plain.posterior


def test_overdispersed_data_lead_to_the_negative_binomial_form(spread):
    table = diagnostics_frame(spread)
    assert table["converged"].iloc[[0, -1]].all()
    assert table["action"][0].startswith("retried in negative binomial form")
    assert "times as much as Poisson counts (p = 0.0" in table["action"][0]
    assert table["action"].iloc[-1] == "accepted"
    (dispersion,) = (p for p in spread.parameters if p.name == "dispersion")
    means = {key[1]: value for key, value in zip(dispersion.keys, dispersion.draws.mean((0, 1)), strict=True)}
    assert 1.0 < means["ads"] < 5.0
    (observed,) = observations_of(spread, 400, 13).values()
    assert overdispersion(observed, np.random.default_rng(1))[1] > 0.05


def test_the_hurdle_finds_the_chance_of_none_and_survives_a_touchpoint_without_conversions(hurdle):
    assert hurdle.converged
    values = {
        (parameter.name, key[1]): draws
        for parameter in hurdle.parameters
        for key, draws in zip(parameter.keys, np.moveaxis(parameter.draws, 2, 0), strict=True)
    }
    for touchpoint in ("ads", "direct"):
        low, high = np.quantile(special.expit(values["occurrence0", touchpoint]), [0.005, 0.995])
        assert low < 0.4 < high
    silent = special.expit(values["occurrence0", "silent"])
    assert silent.mean() < 0.05
    response = Response.from_frames("hurdle", draws_frame(hurdle, 400), constants_frame(hurdle))
    plan = hurdle.data.spend[0, [0, 2], -13:].mean(axis=1)
    seen = hurdle.data.conversions[0, :, -13:].sum() / 13
    assert response.conversions(plan[None]).mean() == pytest.approx(seen, rel=0.25)


def test_leave_one_out_prefers_the_model_that_made_the_data(hurdle):
    other = fit("poisson", hurdle.data, QUICK)
    evidence = {fitted.model: Evidence.of(fitted, 13) for fitted in (other, hurdle)}
    loos = {model: found.loo for model, found in evidence.items()}
    table = comparison_frame(loos | {"journey": None}, {"hurdle": -9.5}, "poisson").set_index("model")
    assert table.loc["hurdle", "elpd_diff"] == 0.0
    assert table.loc["poisson", "elpd_diff"] > 0.0
    assert table["weight"].sum() == pytest.approx(1.0)
    assert table.loc["hurdle", "weight"] > 0.5
    assert table["selected"].tolist() == [True, False, False]
    assert pd.isna(table.loc["journey", "elpd_loo"])
    assert table["observations"].tolist() == ["conversions", "conversions", "entries, moves and conversions"]
    assert table["elpd_holdout"].dropna().to_dict() == {"hurdle": -9.5}


def test_a_model_that_did_not_converge_is_not_selected():
    assert not comparison_frame({"journey": None}, {}, "journey")["selected"].any()


def test_checks_see_what_is_wrong_with_the_wrong_distribution(plain):
    right = Evidence.of(plain, 13)
    tables = [right.checks(0.9, 3)]
    data = market(overdispersed)
    tables.append(Evidence.of(replace(plain, data=data), 13).checks(0.9, 3))
    good, bad = (table.set_index(["touchpoint", "statistic"]) for table in tables)
    assert not good.duplicated(["market", "measure"]).all()
    assert good.loc[("ads", "dispersion"), "p_value"] > 0.02
    assert good.loc[("ads", "pit_distance"), "p_value"] > 0.02
    assert bad.loc[("ads", "dispersion"), "p_value"] < 0.01
    assert bad.loc[("ads", "dispersion"), "observed"] > bad.loc[("ads", "dispersion"), "predicted_high"]
    histogram = good[[name.startswith("pit_") and name != "pit_distance" for _, name in good.index]]
    assert len(histogram) == 10
    assert histogram["observed"].sum() == pytest.approx(1.0)


def test_held_out_periods_are_predicted_from_spend_alone():
    data = market(poisson)
    density = held_out_density("poisson", data, QUICK, 20)
    mean = data.conversions[0, :3, :70].mean(axis=1)
    naive = stats.poisson.logpmf(data.conversions[0, :3, 70:], mean[:, None]).sum()
    assert naive < density < 0.0
    assert held_out_density("poisson", data, QUICK, 0) is None
    assert held_out_density("poisson", data, QUICK, PERIODS - 10) is None


@pytest.mark.parametrize("model", MODELS)
def test_one_touchpoint_without_a_conversion_is_judged_too(model):
    data = market(poisson)
    alone = {name: getattr(data, name)[:, :1] for name in ("spend", "entries", "touches")}
    data = replace(
        data,
        touchpoints=("ads",),
        **alone,
        conversions=np.zeros((1, 1, PERIODS)),
        moves=np.zeros((1, 1, 1, PERIODS)),
    )
    settings = SamplerSettings(draws=100, tune=200, chains=2, seed=2)
    fitted = fit(model, data, settings)
    checks = Evidence.of(fitted, 13).checks(0.9, 1)
    assert checks.notna().all(axis=None)
    assert prior_checks_frame(model, data, settings, 0.9).notna().all(axis=None)


def test_priors_in_force_are_listed_with_their_source(plain):
    given = {"poisson.beta1": {"distribution": "Normal", "mu": 0.8, "sigma": 0.3}}
    table = priors_frame(plain, SamplerSettings(priors=given)).set_index("parameter")
    assert table.loc["beta1", ["distribution", "arguments", "source"]].tolist() == [
        "Normal",
        "mu = 0.8, sigma = 0.3",
        "setting",
    ]
    assert set(table["source"].drop("beta1")) == {"default"}
    assert "dispersion" not in table.index


@pytest.mark.parametrize(
    ("row", "mean", "sd"),
    [
        ((NORMAL, 0.3, 0.7, 0.0, -np.inf, np.inf), 0.3, 0.7),
        ((NORMAL, 0.0, 0.7, 0.0, 0.0, np.inf), 0.7 * np.sqrt(2 / np.pi), 0.7 * np.sqrt(1 - 2 / np.pi)),
        ((STUDENT_T, 5.0, 0.2, 0.6, -np.inf, np.inf), 0.2, 0.6 * np.sqrt(5 / 3)),
        ((LOG_NORMAL, 0.4, 0.5, 0.0, 0.0, np.inf), np.exp(0.525), np.exp(0.525) * np.sqrt(np.expm1(0.25))),
        ((GAMMA, 3.0, 0.25, 0.0, 0.0, np.inf), 0.75, np.sqrt(3.0) / 4),
        ((BETA, 3.0, 2.0, 0.0, 0.0, 1.0), 0.6, 0.2),
    ],
)
def test_priors_are_drawn_as_the_table_of_priors_has_them(row, mean, sd):
    draws = draw_prior(np.array(row), 40_000, np.random.default_rng(6))
    assert draws.mean() == pytest.approx(mean, abs=4 * sd / 200)
    assert draws.std() == pytest.approx(sd, rel=0.05)
    assert row[4] <= draws.min() < draws.max() <= row[5]


@pytest.mark.parametrize("model", MODELS)
def test_the_default_priors_expect_counts_like_those_seen_and_others_do_not(model):
    data = market(poisson)
    usual = prior_checks_frame(model, data, QUICK, 0.9).set_index(["touchpoint", "statistic"])
    far = {"beta0": {"distribution": "Normal", "mu": 6.0, "sigma": 0.1}}
    other = prior_checks_frame(model, data, replace(QUICK, priors=far), 0.9)
    for touchpoint in ("ads", "social", "direct"):
        row = usual.loc[(touchpoint, "mean")]
        assert row["predicted_low"] < row["observed"] < row["predicted_high"]
    means = other[other["statistic"] == "mean"].set_index("touchpoint")
    assert (means.loc[["ads", "social", "direct"], "p_value"] > 0.99).all()
