"""The compiled log densities against scipy, numerical integration and finite differences."""

import numpy as np
import pytest
from density_points import (
    CARRYING,
    CONTROLS,
    CONVERTING,
    COUNTS,
    ENTRIES,
    EXPERIMENTS,
    HURDLE,
    JOURNEY,
    LOG_ODDS,
    MARKET,
    MOVES,
    NETWORK,
    OVERDISPERSED,
    POISSON,
    REGRESSION,
    SPARSE,
    SPARSE_REGRESSION,
    SPEND,
    flat,
    slope,
    zeros_like,
)
from scipy import integrate, special, stats

from conversionflow.estimation.density_kernel import flat_priors, pooled_log_density
from conversionflow.estimation.experiment_kernel import experiments_log_density
from conversionflow.estimation.hurdle_kernel import hurdle_log_density
from conversionflow.estimation.journey_density import journey_log_density, non_centred_journey_log_density
from conversionflow.estimation.journey_kernel import (
    MEAN_SPREAD,
    demand_log_density,
    entries_log_density,
    journey_parameters,
    log_gamma_digamma,
)
from conversionflow.estimation.moves import PRIOR_COUNT, MoveCounts, pull_shape
from conversionflow.estimation.moves_kernel import (
    OnwardData,
    moves_log_density,
    onward_log_density,
)
from conversionflow.estimation.poisson_kernel import (
    overdispersed_log_density,
    poisson_log_density,
)
from conversionflow.estimation.regression_kernel import (
    poisson_parameters,
)
from conversionflow.estimation.response_kernel import NO_SPEND

MODELS = {
    "journey": (journey_log_density, JOURNEY, NETWORK),
    "journey, carrying over": (journey_log_density, CARRYING, NETWORK),
    "journey, carrying over, non-centred": (non_centred_journey_log_density, CARRYING, NETWORK),
    "journey, non-centred": (non_centred_journey_log_density, JOURNEY, NETWORK),
    "poisson": (poisson_log_density, POISSON, (REGRESSION,)),
    "poisson, negative binomial": (overdispersed_log_density, OVERDISPERSED, (REGRESSION,)),
    "hurdle": (hurdle_log_density, HURDLE, (SPARSE_REGRESSION, LOG_ODDS)),
}


@pytest.mark.parametrize("name", MODELS)
def test_the_gradient_is_the_slope_of_the_value(name):
    kernel, parameters, data = MODELS[name]
    point = flat(parameters)
    flatness = flat_priors(len(point))
    _, gradient = kernel(point, flatness, *data)
    expected = slope(lambda moved: kernel(moved, flatness, *data)[0], point)
    assert gradient == pytest.approx(expected, rel=1e-5, abs=1e-5)


def test_the_non_centred_form_is_the_same_density_of_other_coordinates():
    effect = np.einsum("mtp,mp->mt", CONTROLS, JOURNEY.control_coefficients)
    demand = effect + JOURNEY.demand_scale[:, None] * JOURNEY.demand
    there = flat(JOURNEY._replace(demand=demand))
    flatness = flat_priors(len(there))
    found, _ = non_centred_journey_log_density(flat(JOURNEY), flatness, *NETWORK)
    expected, _ = journey_log_density(there, flatness, *NETWORK)
    determinant = JOURNEY.demand.shape[1] * np.log(JOURNEY.demand_scale).sum()
    assert found == pytest.approx(expected + determinant, rel=1e-12)


@pytest.mark.parametrize(
    ("parameters", "read"),
    [
        (JOURNEY, lambda x: journey_parameters(x, CONTROLS, ENTRIES)),
        (CARRYING, lambda x: journey_parameters(x, CONTROLS, ENTRIES)),
        (POISSON, lambda x: poisson_parameters(x, REGRESSION)),
    ],
)
def test_a_point_holds_the_parameters_in_their_order(parameters, read):
    for name, value in read(flat(parameters))._asdict().items():
        assert np.array_equal(value, getattr(parameters, name)), name


@pytest.mark.parametrize("z", [1e-3, 0.5, 3.0, 9.999, 10.0, 250.0, 1e6])
def test_log_gamma_and_digamma_match_scipy(z):
    assert log_gamma_digamma(z) == pytest.approx(
        (special.gammaln(z), special.digamma(z)), rel=1e-12, abs=1e-11
    )


def acting(spend, rate):
    """Spend with what is carried over, as the sum over all that was spent before."""
    ages = np.subtract.outer(np.arange(len(spend)), np.arange(len(spend)))
    weights = np.where(ages >= 0, (1 - rate) * rate ** np.maximum(ages, 0), 0.0)
    # Before the first period, as much was spent as in it.
    weights[:, 0] += 1 - weights.sum(axis=1)
    return weights @ spend


@pytest.mark.parametrize("at", [JOURNEY, CARRYING], ids=["at once", "carried over"])
def test_entries_are_negative_binomial_around_a_floor_and_a_hill_curve(at):
    total = 0.0
    spend = [acting(s, c) for s, c in zip(SPEND, at.carryover if at is CARRYING else (0.0, 0.0), strict=True)]
    for n in range(3):
        demand = at.demand[int(MARKET[n])]
        log_mean = ENTRIES.base[n] + at.entry_level[n] + demand - demand.mean()
        if n < 2:
            h, w = at.response_saturation[n], at.response_floor[n]
            power = np.maximum(spend[n], NO_SPEND) ** (8 * np.tanh(at.beta1[n] * (1 + h) / (h * (1 - w)) / 8))
            response = np.log(w + (1 - w) * power * (1 + h) / (power + h))
            log_mean = log_mean + response - response.mean()
        a = at.dispersion[n]
        total += stats.nbinom.logpmf(COUNTS[n], a, a / (a + np.exp(log_mean))).sum()
    assert entries_log_density(at, zeros_like(at), ENTRIES) == pytest.approx(total, rel=1e-12)


def test_demand_is_a_stationary_gaussian_around_the_controls_held_near_mean_zero():
    value = demand_log_density(JOURNEY, zeros_like(JOURNEY), CONTROLS)
    lags = np.abs(np.subtract.outer(np.arange(5), np.arange(5)))
    expected = 0.0
    for m, (r, s) in enumerate(zip(JOURNEY.demand_persistence, JOURNEY.demand_scale, strict=True)):
        x = JOURNEY.demand[m] - CONTROLS[m] @ JOURNEY.control_coefficients[m]
        covariance = s**2 / (1 - r**2) * r**lags
        # As given that the sum over the root of 5 was seen to be 0, with that error.
        seen = np.ones(5) / np.sqrt(5)
        spread = seen @ covariance @ seen + MEAN_SPREAD**2
        kept = covariance - np.outer(covariance @ seen, covariance @ seen) / spread
        expected += stats.multivariate_normal.logpdf(x, np.zeros(5), kept) + 0.5 * 5 * np.log(2 * np.pi)
    assert value == pytest.approx(expected, rel=1e-10)


def test_pooled_effects_are_normal_around_their_touchpoints_of_all_markets():
    effects, across, spread = np.array([0.5, 0.1, -0.3]), np.array([0.2, 0.0]), np.array([0.4])
    pool = np.array([1.0, 0.0, 1.0])
    changes = [np.zeros_like(effects), np.zeros_like(across), np.zeros_like(spread)]
    value = pooled_log_density(effects, changes[0], across, changes[1], spread, changes[2], pool)
    expected = stats.norm.logpdf(effects, [0.0, 0.2, 0.0], 0.4).sum() + 1.5 * np.log(2 * np.pi)
    assert value == pytest.approx(expected, rel=1e-12)


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
    collapsed = moves_log_density(np.array([effect]), np.zeros(1), moves.statistics)
    assert collapsed == pytest.approx(np.log(integral), rel=1e-8)


@pytest.mark.parametrize("displacement", [0.0, 0.4, 1.0])
def test_moves_that_displace_others_equal_the_integral_over_all_move_probabilities(displacement):
    effect, share = 0.7, 0.6
    visits, counts = np.array([[30.0, 50.0, 20.0]]), np.array([[[3.0, 9.0, 2.0], [4.0, 5.0, 3.0]]])
    shape, rate = pull_shape(np.array([[0.2, 1.7, 1.0], [1.0, 1.0, 1.0]])), np.array([2.5])
    paid, other = (MoveCounts(visits, counts[:, [j]], shape[[j]], np.array([[True]]), rate) for j in range(2))
    moves = paid.statistics._replace(constant=paid.constant + other.constant)
    onward = OnwardData(
        np.array([[share]]), counts.sum(axis=1), PRIOR_COUNT + counts[:, 1].sum(axis=1), np.zeros(1)
    )
    factor = 1 + displacement * share * (np.exp(effect * shape[0]) - 1)
    expected = 0.0
    for j, own in enumerate((effect, 0.0)):

        def integrand(probability, j=j, own=own):
            means = visits[0] / factor * probability * np.exp(own * shape[j])
            prior = stats.gamma.pdf(probability, PRIOR_COUNT, scale=1 / rate[0])
            return stats.poisson.pmf(counts[0, j], means).prod() * prior

        expected += np.log(integrate.quad(integrand, 0, 2, points=[0.05, 0.15, 0.4], epsabs=0)[0])
    at = JOURNEY._replace(parent_effects=np.array([effect]), displacement=np.array([displacement]))
    assert onward_log_density(at, zeros_like(at), moves, onward) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("at", [JOURNEY, CARRYING], ids=["at once", "carried over"])
def test_a_measured_lift_is_normal_about_what_entries_pull_and_chance_to_convert_bring(at):
    expected = 0.0
    for e, n in enumerate((0, 1)):
        h, w = at.response_saturation[n], at.response_floor[n]
        exponent = 8 * np.tanh(at.beta1[n] * (1 + h) / (h * (1 - w)) / 8)

        def multiplier(x, h=h, w=w, exponent=exponent):
            power = np.maximum(x, NO_SPEND) ** exponent
            return w + (1 - w) * (1 + h) * power / (h + power)

        without = EXPERIMENTS.without[e]
        more_moves, more_converted = (
            np.exp(effect * pull_shape(without[without != SPEND[n]])).mean()
            / np.exp(effect * pull_shape(SPEND[n])).mean()
            for effect in (at.parent_effects[n], at.conversion_effects[n])
        )
        own, back = EXPERIMENTS.converts[e] * EXPERIMENTS.visits[e], EXPERIMENTS.visits[e] - 1
        value = (EXPERIMENTS.value[e] + (more_converted - 1) * own) / (1 - (more_moves - 1) * back)
        demand = at.demand[int(MARKET[n])]
        level = ENTRIES.base[n] + at.entry_level[n] + demand - demand.mean()
        rate = at.carryover[n] if at is CARRYING else 0.0
        there, otherwise = acting(SPEND[n], rate), acting(without, rate)
        level = level - np.log(multiplier(there)).mean()
        lift = value * np.sum(np.exp(level) * (multiplier(there) - multiplier(otherwise)))
        moved = value - at.displacement[int(MARKET[n])] * EXPERIMENTS.onward
        for effect, data, worth in (
            (at.parent_effects[n], MOVES, moved),
            (at.conversion_effects[n], CONVERTING, np.ones(3)),
        ):
            pulled, otherwise = (np.exp(effect * pull_shape(x)) for x in (SPEND[n], without))
            rows = data.weights[:, n] > 0
            chance = data.weights[rows, n] / (data.rate[rows] + data.visits[rows] @ pulled)
            lift += (worth[rows] * chance) @ data.visits[rows] @ (pulled - otherwise)
        expected += stats.norm.logpdf(EXPERIMENTS.lift[e], lift, EXPERIMENTS.sd[e])
        expected -= stats.norm.logpdf(0.0, 0.0, EXPERIMENTS.sd[e])
    found = experiments_log_density(at, zeros_like(at), ENTRIES, MOVES, CONVERTING, EXPERIMENTS)
    assert found == pytest.approx(expected, rel=1e-10)


def regression_effects(n):
    """What the regressions' spend, parents and controls add to the log mean of one node, (5,)."""
    effects = CONTROLS[int(MARKET[n])] @ POISSON.control_coefficients[int(MARKET[n])]
    if n < 2:
        effects = effects + POISSON.beta1[n] * REGRESSION.activity[n]
    for effect, (parent, child, share) in zip(POISSON.parent_effects, REGRESSION.edges, strict=True):
        if int(child) == n:
            effects = effects + effect * share * REGRESSION.activity[int(parent)]
    return effects


def effects_across_markets():
    """Log density of the effects of spend around the one of all markets, but for its constant."""
    density = stats.norm.logpdf(POISSON.beta1, POISSON.beta1_across_markets, POISSON.beta1_market_spread)
    return density.sum() + np.log(2 * np.pi)


def test_poisson_is_the_density_of_counts_around_spend_parents_and_controls():
    total = effects_across_markets()
    for n in range(3):
        log_mean = REGRESSION.base[n] + POISSON.entry_level[n] + regression_effects(n)
        total += stats.poisson.logpmf(COUNTS[n], np.exp(log_mean)).sum()
    value, _ = poisson_log_density(flat(POISSON), flat_priors(len(flat(POISSON))), REGRESSION)
    assert value - special.gammaln(COUNTS + 1).sum() == pytest.approx(total, rel=1e-12)


def test_the_negative_binomial_form_has_its_own_dispersion_at_each_node():
    total = effects_across_markets()
    for n, a in enumerate(OVERDISPERSED.dispersion):
        mean = np.exp(REGRESSION.base[n] + POISSON.entry_level[n] + regression_effects(n))
        total += stats.nbinom.logpmf(COUNTS[n], a, a / (a + mean)).sum()
    point = flat(OVERDISPERSED)
    value, _ = overdispersed_log_density(point, flat_priors(len(point)), REGRESSION)
    assert value - special.gammaln(COUNTS + 1).sum() == pytest.approx(total, rel=1e-12)


def test_the_hurdle_is_a_chance_of_any_and_a_poisson_without_its_zero():
    total = effects_across_markets()
    for n in range(3):
        effects = regression_effects(n)
        chance = special.expit(
            LOG_ODDS[n] + HURDLE.occurrence_level[n] + HURDLE.occurrence_slope[n] * effects
        )
        rate = np.exp(SPARSE_REGRESSION.base[n] + HURDLE.entry_level[n] + effects)
        above = stats.poisson.logpmf(SPARSE[n], rate) - stats.poisson.logsf(0, rate)
        total += np.where(SPARSE[n] > 0, np.log(chance) + above, np.log(1 - chance)).sum()
    point = flat(HURDLE)
    value, _ = hurdle_log_density(point, flat_priors(len(point)), SPARSE_REGRESSION, LOG_ODDS)
    assert value == pytest.approx(total, rel=1e-9)


@pytest.mark.parametrize("dispersion", [1e6, 1e12, 1e20])
def test_counts_of_a_huge_dispersion_are_poisson_counts(dispersion):
    at = OVERDISPERSED._replace(dispersion=np.full(3, dispersion))
    value, gradient = overdispersed_log_density(flat(at), flat_priors(len(flat(at))), REGRESSION)
    expected, slopes = poisson_log_density(flat(POISSON), flat_priors(len(flat(POISSON))), REGRESSION)
    assert value == pytest.approx(expected, abs=0.01)
    assert gradient[:-3] == pytest.approx(slopes, abs=0.01)
    assert gradient[-3:] == pytest.approx(np.zeros(3), abs=1e-6)
