"""The `journey` model: entries, moves and conversions of the network of touchpoints.

Entries of journeys are negative binomial counts whose mean follows spend, a demand that the market's
touchpoints share, and controls. Moves between touchpoints and conversions are Poisson counts given the
visits; their probabilities are integrated out of the sampled model and drawn exactly afterwards
(`conversionflow.estimation.moves`).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaln

from conversionflow.estimation.experiments import experiment_data, lift_parameter
from conversionflow.estimation.journey_density import journey_log_density, non_centred_journey_log_density
from conversionflow.estimation.journey_kernel import EntryData, JourneyParameters
from conversionflow.estimation.moves import Moves, draw_probabilities
from conversionflow.estimation.network import NetworkData
from conversionflow.estimation.nodes import Nodes, log_mean_count
from conversionflow.estimation.priors import Prior, normal, with_pooling
from conversionflow.estimation.response_kernel import NO_SPEND, carried_spend, hill_exponent
from conversionflow.estimation.types import FUNNEL, Array, Parameter

if TYPE_CHECKING:
    import pymc as pm

#: Default priors by name. `beta0` is the distance from the log of the data's mean entries. Some effects are
#: the prior's word, so their spreads are nearly given: estimated freely they would make a funnel.
DEFAULT_PRIORS: dict[str, Prior] = {
    "beta0": normal(0.0, 1.5),
    "beta1": normal(0.4, 0.4),
    "response_floor": {"distribution": "Beta", "alpha": 2.5, "beta": 6.0},
    "response_saturation": {"distribution": "LogNormal", "mu": 1.0, "sigma": 0.8},
    "parent_effects": normal(0.0, 0.3),
    "displacement": {"distribution": "Beta", "alpha": 1.0, "beta": 1.0},
    "conversion_effects_mean": normal(0.0, 0.1),
    "conversion_effects_spread": {"distribution": "LogNormal", "mu": -2.3, "sigma": 0.2},
    "control_coefficients": normal(0.0, 0.5),
    "demand_persistence": {"distribution": "Beta", "alpha": 3.0, "beta": 2.0},
    "demand_scale": {"distribution": "LogNormal", "mu": -2.5, "sigma": 0.6},
    "dispersion": {"distribution": "LogNormal", "mu": 3.0, "sigma": 1.0},
    "beta1_market_spread": {"distribution": "LogNormal", "mu": -2.0, "sigma": 0.2},
    "parent_effects_market_spread": {"distribution": "LogNormal", "mu": -2.3, "sigma": 0.2},
}
#: Prior of what only some fits have: without it in `build`, spend acts in its own period only.
CARRYOVER = "carryover"
OPTIONAL_PRIORS: dict[str, Prior] = {CARRYOVER: {"distribution": "Beta", "alpha": 1.0, "beta": 3.0}}
#: Effects that are normal around common ones, with the names of those and of the standard deviation: a paid
#: touchpoint's in its markets, where it has more than one, and those on the chance to convert of all.
POOLED = {
    "beta1": ("beta1_across_markets", "beta1_market_spread"),
    "parent_effects": ("parent_effects_across_markets", "parent_effects_market_spread"),
    "conversion_effects": ("conversion_effects_mean", "conversion_effects_spread"),
}
#: What spend can have an effect by, and parameters that lie elsewhere where it has none
#: (`conversionflow.estimation.no_effect`).
EFFECTS = tuple(POOLED)
FOLLOWERS = ("entry_level", "demand", "standardised_demand", "control_coefficients")
CENTRED, NON_CENTRED = "centred", "non-centred"
#: How the demand can be sampled, the form to begin with first: itself, or in units of its scale.
FORMS = (CENTRED, NON_CENTRED)
#: The form to go to, by form and what is wrong with it.
REMEDIES = {(CENTRED, FUNNEL): NON_CENTRED}


#: Axes of each parameter.
DIMENSIONS = {
    "demand_persistence": ("market",),
    "demand_scale": ("market",),
    "displacement": ("market",),
    "control_coefficients": ("market", "control"),
    "demand": ("market", "period"),
    "standardised_demand": ("market", "period"),
    "entry_level": ("node",),
    "dispersion": ("node",),
    "beta1": ("paid",),
    "response_floor": ("paid",),
    "response_saturation": ("paid",),
    "parent_effects": ("paid",),
    "conversion_effects": ("paid",),
    "conversion_effects_mean": (),
    "conversion_effects_spread": (),
    "beta1_across_markets": ("pool",),
    "beta1_market_spread": (),
    "parent_effects_across_markets": ("pool",),
    "parent_effects_market_spread": (),
    CARRYOVER: ("paid",),
}


def _entry_data(nodes: Nodes) -> EntryData:
    counts = nodes.per_node(nodes.data.entries)
    return EntryData(
        counts,
        log_mean_count(counts),
        nodes.relative_spend,
        nodes.market.astype(np.float64),
        nodes.pool.astype(np.float64),
        np.asarray(-gammaln(counts + 1.0).sum()),
    )


def build(data: NetworkData, priors: Mapping[str, Prior], form: str = CENTRED) -> "pm.Model":
    """Write the model down for PyMC, in one of `FORMS`.

    The demand's own density, autoregressive around the controls, is part of the compiled likelihood, and so
    is that of effects which lie around their touchpoint's of all markets.
    """
    from conversionflow.estimation.pymc_model import pymc_model

    nodes = Nodes.of(data)
    moves = Moves.of(nodes)
    coords = {
        "market": list(data.markets),
        "period": [str(day) for day in data.periods],
        "control": list(data.control_names),
        "node": nodes.labels,
        "paid": nodes.labels[: nodes.paid_count],
        "pool": nodes.pooled,
    }
    demand, kernel = {
        CENTRED: ("demand", journey_log_density),
        NON_CENTRED: ("standardised_demand", non_centred_journey_log_density),
    }[form]
    names = [demand if name == "demand" else name for name in JourneyParameters._fields]
    if CARRYOVER not in priors:
        names.remove(CARRYOVER)
    names, priors, flat = with_pooling(names, priors, POOLED, bool(nodes.pooled))
    between = moves.between.statistics
    between = between._replace(constant=between.constant + moves.unpaid.constant)
    counts = (_entry_data(nodes), between, moves.onward, moves.converting.statistics)
    likelihood = (kernel, data.controls, *counts, experiment_data(moves))
    return pymc_model(coords, names, DIMENSIONS, priors, likelihood, flat=[demand, *flat])


def demand_path(data: NetworkData, posterior: Mapping[str, Array]) -> Array:
    """Return the demand (..., M, T) of draws (...) about its mean, in whichever form it was sampled."""
    if "demand" in posterior:
        demand = posterior["demand"]
    else:
        effect = np.einsum("mtp,...mp->...mt", data.controls, posterior["control_coefficients"])
        demand = effect + posterior["demand_scale"][..., None] * posterior["standardised_demand"]
    centred: Array = demand - demand.mean(axis=-1, keepdims=True)
    return centred


def _intercepts(nodes: Nodes, posterior: Mapping[str, Array]) -> Array:
    """Log mean entries at mean spend, without demand and controls, (chain, draw, N)."""
    base = log_mean_count(nodes.per_node(nodes.data.entries))
    intercepts = posterior["entry_level"] + base
    floor, saturation = posterior["response_floor"], posterior["response_saturation"]
    exponent = hill_exponent(posterior["beta1"], floor, saturation)
    rate = posterior.get(CARRYOVER, np.zeros_like(floor))
    for n, spend in enumerate(nodes.relative_spend):
        w, k = floor[..., n], saturation[..., n]
        acting = np.maximum(carried_spend(spend, rate[..., n]), NO_SPEND)
        rise = (1.0 + k) / (1.0 + k * acting ** -exponent[..., n])
        intercepts[..., n] -= np.log(w + (1.0 - w) * rise).mean(axis=0)
    return intercepts


def publish(
    data: NetworkData, posterior: Mapping[str, Array], reference_periods: int, rng: np.random.Generator
) -> list[Parameter]:
    """Turn the sampled arrays (chain, draw, ...) into the published parameters.

    `reference_entries` are the expected entries per period at mean spend under the mean conditions (demand
    and controls) of the last `reference_periods` periods; `dispersion` d gives the variance mean + mean^2 /
    d.
    """
    nodes = Nodes.of(data)
    moves = Moves.of(nodes)
    intercepts = _intercepts(nodes, posterior)
    demand = demand_path(data, posterior)
    conditions = np.exp(demand[..., -reference_periods:]).mean(axis=3)
    chains, draws, paid = posterior["parent_effects"].shape
    pulls, converting = (
        posterior[name].reshape(-1, paid) for name in ("parent_effects", "conversion_effects")
    )
    displaced = posterior["displacement"].reshape(len(pulls), -1)
    probabilities = draw_probabilities(pulls, converting, displaced, moves, rng).reshape(chains, draws, -1)
    same = (
        "beta1",
        "response_floor",
        "response_saturation",
        "parent_effects",
        "conversion_effects",
        "dispersion",
        CARRYOVER,
    )
    return [
        nodes.parameter("beta0", intercepts),
        *(nodes.parameter(name, posterior[name]) for name in same if name in posterior),
        nodes.parameter("reference_entries", np.exp(intercepts) * conditions[:, :, nodes.market]),
        Parameter("transition_probability", tuple(moves.keys), probabilities),
        nodes.market_parameter("displacement", posterior["displacement"]),
        *nodes.control_parameters(posterior["control_coefficients"]),
        *lift_parameter(moves, _entry_data(nodes), posterior, demand),
    ]


def constants(data: NetworkData) -> dict[str, Array]:
    """Constants of the paid nodes by name, besides those of every model: none."""
    del data
    return {}
