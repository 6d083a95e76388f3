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

from conversionflow.estimation import kernels
from conversionflow.estimation.fused import FusedLogDensity, Tensor
from conversionflow.estimation.moves import Moves, draw_probabilities
from conversionflow.estimation.network import NetworkData
from conversionflow.estimation.nodes import Nodes, log_mean_count
from conversionflow.estimation.priors import Prior, draw_control_effect, draw_from, normal
from conversionflow.estimation.types import Array, Parameter

#: Kernels as operations of the model's graph.
entries_log_density = FusedLogDensity(kernels.entries_log_density, parameters=6)
autoregressive_log_density = FusedLogDensity(kernels.autoregressive_log_density, parameters=3)
moves_log_density = FusedLogDensity(kernels.moves_log_density, parameters=1)

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
}  #: Keeps the logarithm of an offset finite.
SMALLEST_OFFSET = 1e-300


def _demand(data: NetworkData, priors: Mapping[str, Prior]) -> Tensor:
    """Shared log demand of each market, (M, T): autocorrelated around the controls."""
    persistence = draw_from("demand_persistence", priors["demand_persistence"], ["market"])
    scale = draw_from("demand_scale", priors["demand_scale"], ["market"])
    expected = draw_control_effect(data.controls, priors["control_coefficients"])
    path = pm.Flat("demand", dims=("market", "period"))
    pm.Potential("demand_prior", autoregressive_log_density(path - expected, persistence, scale)[0])
    return path


def _entries(nodes: Nodes, priors: Mapping[str, Prior], demand: Tensor) -> None:
    """Add the likelihood of the entries; `demand` is (M, T)."""
    counts = nodes.per_node(nodes.data.entries)
    parameters = (
        draw_from("entry_level", priors["beta0"], ["node"]),
        draw_from("beta1", priors["beta1"], ["paid"]),
        draw_from("response_drop", priors["response_drop"], ["paid"]),
        draw_from("response_saturation", priors["response_saturation"], ["paid"]),
        demand,
        draw_from("dispersion", priors["dispersion"], ["node"]),
    )
    market = nodes.market.astype(np.float64)
    value, *_ = entries_log_density(*parameters, counts, log_mean_count(counts), nodes.relative_spend, market)
    pm.Potential("entries", value - gammaln(counts + 1.0).sum())


def build(data: NetworkData, priors: Mapping[str, Prior]) -> pm.Model:
    """Write the model down for PyMC."""
    nodes = Nodes.of(data)
    moves = Moves.of(nodes)
    coords = {
        "market": list(data.markets),
        "period": [str(day) for day in data.periods],
        "control": list(data.control_names),
        "node": nodes.labels,
        "paid": nodes.labels[: nodes.paid_count],
    }
    with pm.Model(coords=coords) as model:
        demand = _demand(data, priors)
        _entries(nodes, priors, demand)
        for name, counts in (("parent_effects", moves.between), ("conversion_effects", moves.converting)):
            effects = draw_from(name, priors[name], ["paid"])
            pm.Potential(
                f"{name}_likelihood", moves_log_density(effects, *counts.statistics)[0] + counts.constant
            )
    return model


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
    conditions = np.exp(posterior["demand"][..., -reference_periods:]).mean(axis=3)
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
