"""The chance that spend moves nothing, against the exact answer of a linear model."""

import numpy as np
import pytest
from event_worlds import draw_world, simulate, without_signal
from scipy.special import expit, logit
from scipy.stats import multivariate_normal

from conversionflow.estimation import SamplerSettings, fit
from conversionflow.estimation.no_effect import BEFORE, allow_for_no_effect, no_effect_probability

ROWS, SPREAD, LEVEL_SPREAD = 60, 0.5, 2.0
CENTRE = np.array([0.3, 0.0, 0.2])


def linear_model(strength: float):
    """Counts about a level and three effects, all normal: posterior, prior and the exact answers."""
    rng = np.random.default_rng(4)
    design = np.column_stack([np.ones(ROWS), rng.normal(0.4, 1.0, (ROWS, 3))])
    seen = design @ np.array([1.0, *strength * np.array([0.2, -0.1, 0.1])]) + rng.normal(size=ROWS)
    before = multivariate_normal([0.0, *CENTRE], np.diag([LEVEL_SPREAD, SPREAD, SPREAD, SPREAD]) ** 2, seed=5)
    precision = np.linalg.inv(before.cov)
    covariance = np.linalg.inv(precision + design.T @ design)
    mean = covariance @ (precision @ before.mean + design.T @ seen)
    after = multivariate_normal(mean, covariance, seed=6)

    def drawn(distribution, size):
        values = distribution.rvs(4 * size).reshape(4, size, 4)
        return {"level": values[..., 0], "effects": values[..., 1:]}

    evidence = multivariate_normal(design @ before.mean, np.eye(ROWS) + design @ before.cov @ design.T)
    alone = design[:, 0]
    nothing = multivariate_normal(np.zeros(ROWS), np.eye(ROWS) + LEVEL_SPREAD**2 * np.outer(alone, alone))
    exact = expit(nothing.logpdf(seen) - evidence.logpdf(seen) + logit(BEFORE))
    spread = (alone @ alone + LEVEL_SPREAD**-2) ** -0.5
    return drawn(after, 5000), drawn(before, 5000), exact, (spread**2 * (alone @ seen), spread)


@pytest.mark.parametrize("strength", [0.0, 0.5, 0.7, 4.0])
def test_the_probability_is_that_of_the_exact_evidences(strength):
    posterior, prior, exact, _ = linear_model(strength)
    found = no_effect_probability(posterior, {"effects": prior["effects"]})
    assert found == pytest.approx(exact, abs=0.03)


def test_the_exact_answers_of_that_test_reach_from_none_to_nearly_all():
    exact = [linear_model(strength)[2] for strength in (0.0, 0.5, 0.7, 4.0)]
    assert exact[0] > 0.3
    assert 0.01 < exact[2] < 0.1
    assert exact[3] < 1e-6


def test_draws_without_effect_are_those_of_the_model_without_it():
    posterior, _, _, (mean, spread) = linear_model(1.0)
    allowed = allow_for_no_effect(posterior, ["effects"], ["level", "absent"], 0.4, np.random.default_rng(1))
    nothing = (allowed["effects"] == 0.0).all(axis=-1)
    assert nothing.mean() == pytest.approx(0.4, abs=0.02)
    assert allowed["level"][nothing].mean() == pytest.approx(mean, abs=0.01)
    assert allowed["level"][nothing].std() == pytest.approx(spread, rel=0.03)
    for name in ("level", "effects"):
        np.testing.assert_array_equal(allowed[name][~nothing], posterior[name][~nothing])


def test_a_prior_that_says_there_is_an_effect_is_believed():
    posterior, prior, _, _ = linear_model(0.0)
    assert no_effect_probability(posterior, {"effects": np.abs(prior["effects"])}) == 0.0


def test_of_more_effects_than_draws_can_describe_nothing_is_said():
    few = {"effects": np.random.default_rng(1).normal(size=(2, 10, 6))}
    assert no_effect_probability(few, few) == 0.0


def test_in_a_market_in_which_spend_moves_nothing_all_draws_say_so():
    data = simulate(without_signal(draw_world(100, False)), 100)
    found = fit("journey", data, SamplerSettings(draws=250, tune=300, seed=1))
    published = {parameter.name: parameter.draws for parameter in found.parameters}
    assert found.no_effect > 0.999
    for name in ("beta1", "parent_effects", "conversion_effects"):
        assert (published[name] == 0.0).mean() > 0.99
        assert found.posterior[name].std() > 0.01
