"""The `journey` model: entries, moves and conversions of the network of touchpoints.

Entries of journeys are negative binomial counts whose mean follows spend, a demand that the market's
touchpoints share, and controls. Moves between touchpoints and conversions are Poisson counts given the
visits; their probabilities are integrated out of the sampled model and drawn exactly afterwards
(`conversionflow.estimation.moves`).
"""

from collections.abc import Mapping

import numpy as np
import pymc as pm
from scipy.special import gammaln

from conversionflow.estimation.fused import add_log_density
from conversionflow.estimation.journey_kernel import (
    EntryData,
    JourneyParameters,
    journey_log_density,
    non_centred_journey_log_density,
)
from conversionflow.estimation.moves import Moves, draw_probabilities
from conversionflow.estimation.network import NetworkData
from conversionflow.estimation.nodes import Nodes, log_mean_count
from conversionflow.estimation.priors import Prior, draw_parameters, normal
from conversionflow.estimation.types import FUNNEL, Array, Parameter

#: Default priors by name. `beta0` is the distance from the log of the data's mean entries.
DEFAULT_PRIORS: dict[str, Prior] = {
    "beta0": normal(0.0, 1.5),
    "beta1": {"distribution": "Gamma", "alpha": 3.0, "beta": 4.0},
    "response_drop": {"distribution": "LogNormal", "mu": 0.4, "sigma": 0.8},
    "response_saturation": {"distribution": "LogNormal", "mu": 1.0, "sigma": 1.0},
    "parent_effects": normal(0.0, 0.3),
    "conversion_effects": normal(0.0, 0.1),
    "control_coefficients": normal(0.0, 0.5),
    "demand_persistence": {"distribution": "Beta", "alpha": 3.0, "beta": 2.0},
    "demand_scale": {"distribution": "LogNormal", "mu": -2.5, "sigma": 0.6},
    "dispersion": {"distribution": "LogNormal", "mu": 3.0, "sigma": 1.0},
}
CENTRED, NON_CENTRED = "centred", "non-centred"
#: How the demand can be sampled, the form to begin with first: itself, or in units of its scale.
FORMS = (CENTRED, NON_CENTRED)
#: The form to go to, by form and what is wrong with it.
REMEDIES = {(CENTRED, FUNNEL): NON_CENTRED}
#: Keeps the logarithm of an offset finite.
SMALLEST_OFFSET = 1e-300


#: Axes of each parameter.
DIMENSIONS = {
    "demand_persistence": ("market",),
    "demand_scale": ("market",),
    "control_coefficients": ("market", "control"),
    "demand": ("market", "period"),
    "standardised_demand": ("market", "period"),
    "entry_level": ("node",),
    "dispersion": ("node",),
    "beta1": ("paid",),
    "response_drop": ("paid",),
    "response_saturation": ("paid",),
    "parent_effects": ("paid",),
    "conversion_effects": ("paid",),
}


def _entry_data(nodes: Nodes) -> EntryData:
    counts = nodes.per_node(nodes.data.entries)
    return EntryData(
        counts,
        log_mean_count(counts),
        nodes.relative_spend,
        nodes.market.astype(np.float64),
        np.asarray(-gammaln(counts + 1.0).sum()),
    )


def build(data: NetworkData, priors: Mapping[str, Prior], form: str = CENTRED) -> pm.Model:
    """Write the model down for PyMC, in one of `FORMS`.

    The demand's own density, autoregressive around the controls, is part of the compiled likelihood.
    """
    nodes = Nodes.of(data)
    moves = Moves.of(nodes)
    coords = {
        "market": list(data.markets),
        "period": [str(day) for day in data.periods],
        "control": list(data.control_names),
        "node": nodes.labels,
        "paid": nodes.labels[: nodes.paid_count],
    }
    demand, kernel = {
        CENTRED: ("demand", journey_log_density),
        NON_CENTRED: ("standardised_demand", non_centred_journey_log_density),
    }[form]
    names = [demand if name == "demand" else name for name in JourneyParameters._fields]
    with pm.Model(coords=coords) as model:
        draw_parameters(names, DIMENSIONS, priors, flat=[demand])
    statistics = (data.controls, _entry_data(nodes), moves.between.statistics, moves.converting.statistics)
    add_log_density(model, kernel, *statistics)
    return model


def demand_path(data: NetworkData, posterior: Mapping[str, Array]) -> Array:
    """Return the demand (..., M, T) of draws (...), in whichever form it was sampled."""
    if "demand" in posterior:
        return posterior["demand"]
    effect = np.einsum("mtp,...mp->...mt", data.controls, posterior["control_coefficients"])
    demand: Array = effect + posterior["demand_scale"][..., None] * posterior["standardised_demand"]
    return demand


def _response_offset(posterior: Mapping[str, Array]) -> Array:
    """Offset c of the entry response, at which no spend leaves the share exp(-drop) of the entries."""
    slope, saturation = posterior["beta1"], posterior["response_saturation"]
    floor = np.exp(-posterior["response_drop"] * saturation / (slope * (1.0 + saturation)))
    return np.maximum(floor * saturation / (1.0 + saturation - floor * saturation), SMALLEST_OFFSET)


def _intercepts(nodes: Nodes, posterior: Mapping[str, Array]) -> Array:
    """Log mean entries at mean spend, without demand and controls, (chain, draw, N)."""
    base = log_mean_count(nodes.per_node(nodes.data.entries))
    intercepts = posterior["entry_level"] + base
    offset, saturation = _response_offset(posterior), posterior["response_saturation"]
    scale = posterior["beta1"] * (1.0 + saturation) / saturation
    far = (1.0 + saturation) / (1.0 + offset)
    for n, spend in enumerate(nodes.relative_spend):
        c, k = offset[..., n], saturation[..., n]
        mean = np.mean([np.log((x + c) / (x + k)) for x in spend], axis=0)
        intercepts[..., n] -= scale[..., n] * (mean + np.log(far[..., n]))
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
    conditions = np.exp(demand_path(data, posterior)[..., -reference_periods:]).mean(axis=3)
    chains, draws, paid = posterior["parent_effects"].shape
    pulls, converting = (
        posterior[name].reshape(-1, paid) for name in ("parent_effects", "conversion_effects")
    )
    probabilities = draw_probabilities(pulls, converting, moves, rng).reshape(chains, draws, -1)
    same = (
        "beta1",
        "response_drop",
        "response_saturation",
        "parent_effects",
        "conversion_effects",
        "dispersion",
    )
    return [
        nodes.parameter("beta0", intercepts),
        *(nodes.parameter(name, posterior[name]) for name in same),
        nodes.parameter("response_offset", _response_offset(posterior)),
        nodes.parameter("reference_entries", np.exp(intercepts) * conditions[:, :, nodes.market]),
        Parameter("transition_probability", tuple(moves.keys), probabilities),
        *nodes.control_parameters(posterior["control_coefficients"]),
    ]


def constants(data: NetworkData) -> dict[str, Array]:
    """Constants of the paid nodes by name, besides those of every model: none."""
    del data
    return {}
