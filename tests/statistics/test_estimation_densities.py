"""The compiled log densities against scipy, numerical integration and finite differences."""

import numpy as np
import pytest
from scipy import integrate, special, stats

from conversionflow.estimation.kernels import (
    MEAN_SPREAD,
    autoregressive_log_density,
    entries_log_density,
    log_gamma_digamma,
    moves_log_density,
)
from conversionflow.estimation.moves import PRIOR_COUNT, MoveCounts, pull_shape
from conversionflow.estimation.poisson_kernel import poisson_log_density

RNG = np.random.default_rng(11)
SPEND = np.array([[0.0, 0.4, 1.0, 1.6, 2.0], [1.2, 0.8, 1.0, 0.7, 1.3]])


def entries_case():
    parameters = [
        np.array([0.1, -0.2, 0.3]),
        np.array([0.7, 0.4]),
        np.array([1.5, 0.6]),
        np.array([3.0, 0.8]),
        RNG.normal(0, 0.1, (2, 5)),
        np.array([8.0, 30.0, 2.5]),
    ]
    counts = RNG.poisson(12.0, (3, 5)).astype(float)
    return parameters, [counts, np.log([12.0, 11.0, 13.0]), SPEND, np.array([0.0, 1.0, 1.0])]


def autoregressive_case():
    return [RNG.normal(0, 0.2, (2, 6)), np.array([0.3, 0.8]), np.array([0.1, 0.3])], []


def moves_case():
    visits = RNG.poisson(40.0, (3, 5)).astype(float)
    weights = np.array([[4.5, 0.0], [9.5, 2.5], [0.0, 6.5]])
    return [np.array([0.4, -0.3])], [
        pull_shape(SPEND),
        np.array([1.3, -0.2]),
        visits,
        weights,
        np.full(3, 2.0),
    ]


def poisson_case():
    edges = np.array([[1.0, 0.0, 0.3], [2.0, 0.0, 0.2], [0.0, 2.0, 0.4]])
    parameters = [
        np.array([0.1, 0.2, -0.3]),
        np.array([0.9, 0.5]),
        np.array([0.2, -0.4, 0.1]),
        RNG.normal(0, 0.2, (2, 5)),
    ]
    counts = RNG.poisson(6.0, (3, 5)).astype(float)
    market = np.array([0.0, 1.0, 1.0])
    return parameters, [counts, np.log([6.0, 5.0, 7.0]), RNG.normal(0, 0.4, (3, 5)), edges, market]


KERNELS = [
    (entries_log_density, entries_case),
    (autoregressive_log_density, autoregressive_case),
    (moves_log_density, moves_case),
    (poisson_log_density, poisson_case),
]


@pytest.mark.parametrize(("kernel", "case"), KERNELS, ids=lambda item: item.__name__)
def test_gradient_is_the_slope_of_the_value(kernel, case):
    parameters, known = case()
    _, *gradients = kernel(*parameters, *known)
    for which, gradient in enumerate(gradients):
        for place in np.ndindex(gradient.shape):
            ends = []
            for step in (1e-5, -1e-5):
                moved = [parameter.copy() for parameter in parameters]
                moved[which][place] += step
                ends.append(float(kernel(*moved, *known)[0]))
            assert gradient[place] == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("z", [1e-3, 0.5, 3.0, 9.999, 10.0, 250.0, 1e6])
def test_log_gamma_and_digamma_match_scipy(z):
    assert log_gamma_digamma(z) == pytest.approx(
        (special.gammaln(z), special.digamma(z)), rel=1e-12, abs=1e-11
    )


def test_entries_are_negative_binomial_around_a_response_of_drop_and_saturation():
    parameters, known = entries_case()
    level, slope, drop, saturation, demand, dispersion = parameters
    counts, base, spend, market = known
    total = 0.0
    for n in range(3):
        log_mean = base[n] + level[n] + demand[int(market[n])]
        if n < 2:
            power = slope[n] * (1 + saturation[n]) / saturation[n]
            floor = np.exp(-drop[n] / power)
            rise = (1 + saturation[n]) * spend[n] / (saturation[n] + spend[n])
            response = power * np.log(floor + (1 - floor) * rise)
            log_mean = log_mean + response - response.mean()
        a = dispersion[n]
        total += stats.nbinom.logpmf(counts[n], a, a / (a + np.exp(log_mean))).sum()
    value = float(entries_log_density(*parameters, *known)[0])
    assert value - special.gammaln(counts + 1).sum() == pytest.approx(total, rel=1e-12)


def test_autoregressive_density_is_the_stationary_gaussian_held_near_mean_zero():
    (path, persistence, scale), _ = autoregressive_case()
    value = float(autoregressive_log_density(path, persistence, scale)[0])
    lags = np.abs(np.subtract.outer(np.arange(6), np.arange(6)))
    expected = 0.0
    for x, r, s in zip(path, persistence, scale, strict=True):
        expected += stats.multivariate_normal.logpdf(x, np.zeros(6), s**2 / (1 - r**2) * r**lags)
        expected += 0.5 * 6 * np.log(2 * np.pi) - 0.5 * (x.sum() / np.sqrt(6) / MEAN_SPREAD) ** 2
    assert value == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("effect", [0.0, 0.6, -1.1])
def test_collapsed_moves_equal_the_integral_over_the_move_probability(effect):
    visits, counts = np.array([[30.0, 50.0, 20.0]]), np.array([[[3.0, 9.0, 2.0]]])
    shape, rate = pull_shape(np.array([[0.2, 1.7, 1.0]])), np.array([2.5])
    moves = MoveCounts(visits, counts, shape, np.array([[True]]), rate)

    def integrand(probability):
        means = visits[0] * probability * np.exp(effect * shape[0])
        prior = stats.gamma.pdf(probability, PRIOR_COUNT, scale=1 / rate[0])
        return stats.poisson.pmf(counts[0, 0], means).prod() * prior

    integral, _ = integrate.quad(integrand, 0, 2, points=[0.05, 0.15, 0.4], epsabs=0, epsrel=1e-10)
    collapsed = float(moves_log_density(np.array([effect]), *moves.statistics)[0]) + moves.constant
    assert collapsed == pytest.approx(np.log(integral), rel=1e-8)
