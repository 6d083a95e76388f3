"""Data drawn from the models' own priors, the models written out once more in numpy.

The priors of the levels are the only ones that a model centres on its data. Here they are said of the levels
themselves, so that a fit has exactly the priors from which its data came.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.special import expit, logit

from conversionflow.estimation import NetworkData
from conversionflow.estimation.fitting import MODELS

Array = NDArray[np.float64]
Draw = Mapping[str, Array]
MARKETS, NAMES, PERIODS = ("Italy", "Spain"), ("ads", "direct"), 20
#: Nodes as the models number them: the paid touchpoint of each market, then the organic one.
MARKET, PAID = np.array([0, 1, 0, 1]), 2
PRIOR_COUNT, MEAN_SPREAD = 0.5, 0.1


class AnyCounts(NetworkData):
    """Counts as the models have them: Poisson moves may be more than the visits they follow."""

    def _check_conservation(self) -> None:
        pass


@dataclass(frozen=True)
class Drawn:
    """One draw of everything from a model.

    `truth` and the draws of a fit have the same names; `log_likelihood` is that of the data at such values.
    """

    truth: dict[str, Array]
    data: NetworkData
    priors: dict[str, Any]
    log_likelihood: Callable[[Draw], float]


def _design() -> tuple[Array, Array, Array]:
    """What is given: spend over its mean (PAID, T), controls (M, T, 1), visits (N, T)."""
    rng = np.random.default_rng(12)
    x = np.exp(rng.normal(0, 0.6, (PAID, PERIODS)))
    x[:, 8:11] = 0.0
    trend = np.linspace(-1.6, 1.6, PERIODS)
    controls = np.stack([trend, rng.permutation(trend)])[:, :, None]
    return x / x.mean(axis=1, keepdims=True), controls, rng.poisson(9.0, (4, PERIODS)) + 1.0


SPEND, CONTROLS, VISITS = _design()


def normal(prior: Mapping[str, Any], rng: np.random.Generator, size: Any = None) -> Array:
    return np.asarray(rng.normal(prior["mu"], prior["sigma"], size))


def from_prior(prior: Mapping[str, Any], rng: np.random.Generator, size: Any = None) -> Array:
    kind = prior["distribution"]
    if kind == "Beta":
        return np.asarray(rng.beta(prior["alpha"], prior["beta"], size))
    value = normal(prior, rng, size)
    return np.exp(value) if kind == "LogNormal" else value


def network(by_node: Mapping[str, Array], moves: Array) -> NetworkData:
    """Statistics from arrays by node (4, T) and moves within the markets (M, K, K, T)."""
    shaped = {
        name: np.stack([values[[0, 2]], values[[1, 3]]]).astype(float) for name, values in by_node.items()
    }
    spend = np.zeros((2, 2, PERIODS))
    spend[:, 0] = 100.0 * SPEND
    return AnyCounts(
        markets=MARKETS,
        touchpoints=NAMES,
        periods=tuple(date(2024, 1, 1) + timedelta(weeks=week) for week in range(PERIODS)),
        spend=spend,
        moves=moves.astype(float),
        controls=CONTROLS,
        control_names=("trend",),
        **shaped,
    )


def log_mean(counts: Array) -> Array:
    return np.log(np.maximum(counts.mean(axis=1), 0.5 / PERIODS))


def level(mean: float, sigma: float, base: Array) -> dict[str, Any]:
    """Prior of the levels' distance from `base` that is Normal(mean, sigma) of the levels themselves."""
    return {"distribution": "Normal", "mu": mean - base, "sigma": sigma}


# journey


def centred(values: Array) -> Array:
    return values - values.mean(axis=-1, keepdims=True)


def carried(spend: Array, rate: float) -> Array:
    ages = np.subtract.outer(np.arange(PERIODS), np.arange(PERIODS))
    weights = np.where(ages >= 0, (1 - rate) * rate ** np.maximum(ages, 0), 0.0)
    weights[:, 0] += 1 - weights.sum(axis=1)
    return weights @ spend


def log_entries(at: Draw) -> Array:
    """Log mean of the entries but for the level, (4, T)."""
    effects = centred(demand(at))[MARKET]
    for n in range(PAID):
        h, w = at["response_saturation"][n], at["response_floor"][n]
        exponent = 8 * np.tanh(at["beta1"][n] * (1 + h) / (h * (1 - w)) / 8)
        spend = carried(SPEND[n], at["carryover"][n]) if "carryover" in at else SPEND[n]
        power = np.maximum(spend, 1e-6) ** exponent
        effects[n] += centred(np.log(w + (1 - w) * (1 + h) * power / (h + power)))
    return effects


def demand(at: Draw) -> Array:
    """Log demand of each market, (2, T), in whichever form it was sampled."""
    if "demand" in at:
        return at["demand"]
    usual = np.einsum("mtp,mp->mt", CONTROLS, at["control_coefficients"])
    return usual + at["demand_scale"][:, None] * at["standardised_demand"]


def standard_path(persistence: float, scale: float, rng: np.random.Generator) -> Array:
    """A stationary path in units of its step, drawn until its mean is near enough to 0."""
    lags = np.abs(np.subtract.outer(np.arange(PERIODS), np.arange(PERIODS)))
    covariance = persistence**lags / (1 - persistence**2)
    while True:
        path = rng.multivariate_normal(np.zeros(PERIODS), covariance)
        away = scale * path.sum() / np.sqrt(PERIODS) / MEAN_SPREAD
        if rng.random() < np.exp(-0.5 * away**2):
            return path


def pulls(effects: Array) -> Array:
    """Factors on what spend of the paid nodes pulls, (PAID, T)."""
    return np.exp(effects[:, None] * 2 * (SPEND - 1) / (SPEND + 1))


def onto_paid(at: Draw) -> Array:
    """Factors on the moves from the organic to the paid node of each market, its only ones, (PAID, T)."""
    pulled = pulls(at["parent_effects"])
    factors: Array = pulled / (1 + at["displacement"][:, None] * (pulled - 1))
    return factors


def draw_journey(rng: np.random.Generator, priors: Mapping[str, Any]) -> dict[str, Array]:
    """Draw the sampled parameters of `journey` from their priors."""
    persistence, scale = (from_prior(priors[f"demand_{name}"], rng, 2) for name in ("persistence", "scale"))
    truth = {
        "demand_persistence": persistence,
        "demand_scale": scale,
        "standardised_demand": np.stack(
            [standard_path(*of, rng) for of in zip(persistence, scale, strict=True)]
        ),
        "displacement": from_prior(priors["displacement"], rng, 2),
        "control_coefficients": from_prior(priors["control_coefficients"], rng, (2, 1)),
        "dispersion": from_prior(priors["dispersion"], rng, 4),
        "response_floor": from_prior(priors["response_floor"], rng, PAID),
        "response_saturation": from_prior(priors["response_saturation"], rng, PAID),
        "conversion_effects_mean": from_prior(priors["conversion_effects_mean"], rng),
        "conversion_effects_spread": from_prior(priors["conversion_effects_spread"], rng),
    }
    for name in ("beta1", "parent_effects"):
        truth[f"{name}_across_markets"] = from_prior(priors[name], rng, 1)
        truth[f"{name}_market_spread"] = from_prior(priors[f"{name}_market_spread"], rng)
        truth[name] = rng.normal(truth[f"{name}_across_markets"], truth[f"{name}_market_spread"], PAID)
    truth["conversion_effects"] = rng.normal(
        truth["conversion_effects_mean"], truth["conversion_effects_spread"], PAID
    )
    if "carryover" in priors:
        truth["carryover"] = from_prior(priors["carryover"], rng, PAID)
    return truth


#: A node's possible targets beside the conversion and the loss: the other touchpoint of its market.
RATE = PRIOR_COUNT * (1 + 2)


def journey(seed: int, carryover: bool = False) -> Drawn:
    """Draw parameters and data of `journey`."""
    rng, module = np.random.default_rng([seed, 1]), MODELS["journey"]
    priors = dict(module.DEFAULT_PRIORS | (module.OPTIONAL_PRIORS if carryover else {}))
    truth = draw_journey(rng, priors)
    truth["demand"] = demand(truth)
    levels = rng.normal(np.log(5.0), 0.5, 4)
    mean = np.exp(levels[:, None] + log_entries(truth))
    sizes = truth["dispersion"][:, None]
    entries = rng.poisson(mean * rng.gamma(sizes, 1 / sizes, mean.shape))
    chances = rng.gamma(PRIOR_COUNT, 1 / RATE, (2, PAID))
    onto = rng.poisson(VISITS[PAID:] * chances[0][:, None] * onto_paid(truth))
    moves = np.zeros((2, 2, 2, PERIODS))
    moves[:, 1, 0] = onto
    closed = np.zeros((4, PERIODS))
    closed[:PAID] = rng.poisson(VISITS[:PAID] * chances[1][:, None] * pulls(truth["conversion_effects"]))
    data = network({"entries": entries, "touches": VISITS, "conversions": closed}, moves)
    base = log_mean(entries)
    truth["entry_level"] = levels - base
    priors["beta0"] = level(np.log(5.0), 0.5, base)

    def log_likelihood(at: Draw) -> float:
        expected = np.exp(base[:, None] + at["entry_level"][:, None] + log_entries(at))
        size = at["dispersion"][:, None]
        total = stats.nbinom.logpmf(entries, size, size / (size + expected)).sum()
        for factor, counts, visits in (
            (onto_paid(at), onto, VISITS[PAID:]),
            (pulls(at["conversion_effects"]), closed[:PAID], VISITS[:PAID]),
        ):
            exposure = RATE + (visits * factor).sum(axis=1)
            total += (counts * np.log(factor)).sum()
            total -= ((PRIOR_COUNT + counts.sum(axis=1)) * np.log(exposure)).sum()
        return float(total)

    return Drawn(truth, data, priors, log_likelihood)


# poisson and hurdle

#: Moves from either touchpoint to the other, which make them parents of each other.
ONWARD = np.stack([VISITS[:PAID] // 3, VISITS[PAID:] // 4])


def regression_moves() -> Array:
    moves = np.zeros((2, 2, 2, PERIODS))
    moves[:, 0, 1], moves[:, 1, 0] = ONWARD
    return moves


def regression_effects(at: Draw) -> Array:
    """What spend, parents and controls add to the log mean, (4, T)."""
    activity = centred(np.log1p(np.concatenate([SPEND, VISITS[PAID:]])))
    effects = np.einsum("mtp,mp->mt", CONTROLS, at["control_coefficients"])[MARKET]
    effects[:PAID] += at["beta1"][:, None] * activity[:PAID]
    shares = np.concatenate([ONWARD[0].sum(axis=1), ONWARD[1].sum(axis=1)]) / VISITS.sum(axis=1)
    # The edges are in the order of their children, and each child has the other touchpoint as its parent.
    for child, parent in enumerate((2, 3, 0, 1)):
        effects[child] += at["parent_effects"][child] * shares[parent] * activity[parent]
    return effects


def draw_regression(rng: np.random.Generator, priors: Mapping[str, Any]) -> dict[str, Array]:
    across = from_prior(priors["beta1"], rng, 1)
    spread = from_prior(priors["beta1_market_spread"], rng)
    return {
        "beta1_across_markets": across,
        "beta1_market_spread": spread,
        "beta1": rng.normal(across, spread, PAID),
        "parent_effects": from_prior(priors["parent_effects"], rng, 4),
        "control_coefficients": from_prior(priors["control_coefficients"], rng, (2, 1)),
    }


def regression_data(conversions: Array) -> NetworkData:
    counts = {"entries": VISITS, "touches": VISITS, "conversions": conversions}
    return network(counts, regression_moves())


def poisson(seed: int, overdispersed: bool = False) -> Drawn:
    """Draw parameters and data of `poisson`, or of its negative binomial form."""
    rng = np.random.default_rng([seed, 2])
    priors = dict(MODELS["poisson"].DEFAULT_PRIORS)
    truth = draw_regression(rng, priors)
    levels = rng.normal(0.5, 0.7, 4)
    mean = np.exp(levels[:, None] + regression_effects(truth))
    if overdispersed:
        truth["dispersion"] = from_prior(priors["dispersion"], rng, 4)
        sizes = truth["dispersion"][:, None]
        mean = mean * rng.gamma(sizes, 1 / sizes, mean.shape)
    conversions = rng.poisson(mean).astype(float)
    base = log_mean(conversions)
    truth["entry_level"] = levels - base
    priors["beta0"] = level(0.5, 0.7, base)

    def log_likelihood(at: Draw) -> float:
        expected = np.exp(base[:, None] + at["entry_level"][:, None] + regression_effects(at))
        if not overdispersed:
            return float(stats.poisson.logpmf(conversions, expected).sum())
        size = at["dispersion"][:, None]
        return float(stats.nbinom.logpmf(conversions, size, size / (size + expected)).sum())

    return Drawn(truth, regression_data(conversions), priors, log_likelihood)


def hurdle(seed: int) -> Drawn:
    """Draw parameters and data of `hurdle`."""
    rng = np.random.default_rng([seed, 3])
    priors = dict(MODELS["hurdle"].DEFAULT_PRIORS)
    truth = draw_regression(rng, priors)
    truth["occurrence_slope"] = from_prior(priors["occurrence_slope"], rng, 4)
    levels, odds = rng.normal(0.5, 0.7, 4), rng.normal(0.0, 1.0, 4)
    effects = regression_effects(truth)
    chance = expit(odds[:, None] + truth["occurrence_slope"][:, None] * effects)
    rate = np.exp(levels[:, None] + effects)
    above = stats.poisson.ppf(np.exp(-rate) + rng.random(rate.shape) * -np.expm1(-rate), rate)
    conversions = np.where(rng.random(chance.shape) < chance, np.maximum(above, 1.0), 0.0)
    any_count = (conversions > 0).sum(axis=1)
    base = np.log(np.where(any_count > 0, conversions.sum(axis=1) / np.maximum(any_count, 1), 0.5))
    base_odds = logit((any_count + 0.5) / (PERIODS + 1.0))
    truth["entry_level"], truth["occurrence_level"] = levels - base, odds - base_odds
    priors["beta0"] = level(0.5, 0.7, base)
    priors["occurrence_level"] = level(0.0, 1.0, base_odds)

    def log_likelihood(at: Draw) -> float:
        moved = regression_effects(at)
        log_odds = (base_odds + at["occurrence_level"])[:, None] + at["occurrence_slope"][:, None] * moved
        expected = np.exp((base + at["entry_level"])[:, None] + moved)
        positive = np.log(expit(log_odds)) + stats.poisson.logpmf(conversions, expected)
        positive -= np.log(-np.expm1(-expected))
        return float(np.where(conversions > 0, positive, np.log(expit(-log_odds))).sum())

    return Drawn(truth, regression_data(conversions), priors, log_likelihood)
