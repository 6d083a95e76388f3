"""The `poisson` model: a regression of the conversions that close at each touchpoint.

The conversions at k follow its own spend, the activity of its parents (the touchpoints that hand visits on to
it) weighted with the share of their visits they hand on, and the market's controls::

    Y_kt ~ Poisson(exp(beta0_k + beta1_k u_kt + sum_p parent_effects_pk pi_pk v_pt + delta . z_t))

u is log(1 + spend / mean spend) less its mean; v is u for a paid parent and log(1 + touches) less its mean
for an organic one, which is held at its reference level when a budget is evaluated.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pymc as pm
from numpy.typing import NDArray
from scipy.special import gammaln

from conversionflow.estimation.fused import add_log_density
from conversionflow.estimation.network import NetworkData
from conversionflow.estimation.nodes import Nodes, log_mean_count
from conversionflow.estimation.poisson_kernel import PoissonParameters, RegressionData, poisson_log_density
from conversionflow.estimation.priors import Prior, draw_parameters, normal
from conversionflow.estimation.types import Array, Key, Mask, Parameter

#: Default priors by name. `beta0` is the distance from the log of the data's mean conversions.
DEFAULT_PRIORS: dict[str, Prior] = {
    "beta0": normal(0.0, 1.5),
    "beta1": normal(1.0, 0.5),
    "parent_effects": normal(0.0, 0.3),
    "control_coefficients": normal(0.0, 0.5),
}
FORMS = ("plain",)

#: Axes of each parameter.
DIMENSIONS = {
    "entry_level": ("node",),
    "beta1": ("paid",),
    "parent_effects": ("edge",),
    "control_coefficients": ("market", "control"),
}


@dataclass(frozen=True)
class Regression:
    """What the regression sees, by node (paid nodes first).

    Attributes
    ----------
    nodes
        The network's nodes.
    """

    nodes: Nodes

    @cached_property
    def counts(self) -> Array:
        """Conversions, (N, T)."""
        return self.nodes.per_node(self.nodes.data.conversions)

    @cached_property
    def log_spend_mean(self) -> Array:
        """Mean of log(1 + spend / mean spend) of the paid nodes."""
        means: Array = np.log1p(self.nodes.relative_spend).mean(axis=1)
        return means

    @cached_property
    def activity(self) -> Array:
        """v, (N, T)."""
        paid = self.nodes.paid_count
        log_touches = np.log1p(self.nodes.per_node(self.nodes.data.touches)[paid:])
        organic = log_touches - log_touches.mean(axis=1, keepdims=True)
        return np.concatenate([np.log1p(self.nodes.relative_spend) - self.log_spend_mean[:, None], organic])

    @cached_property
    def handed_on(self) -> Array:
        """pi: share of the visits of p followed by a visit of k, (N, N); 0 from a touchpoint to itself."""
        moves = self.nodes.moves().sum(axis=2)
        np.fill_diagonal(moves, 0.0)
        shares: Array = moves / self.nodes.per_node(self.nodes.data.touches).sum(axis=1)[:, None]
        return shares

    @cached_property
    def edges(self) -> Mask:
        """Parent p of child k, (N, N)."""
        return self.handed_on > 0

    @cached_property
    def links(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Parents and children of the edges, the children in order."""
        child, parent = np.nonzero(self.edges.T)
        return parent, child

    @cached_property
    def edge_keys(self) -> list[Key]:
        """Keys of the parents' parameters: market, parent, child."""
        names = self.nodes.names
        return [(*names[p], names[k][1]) for p, k in zip(*self.links, strict=True)]

    @property
    def known(self) -> RegressionData:
        """Everything that the likelihood needs besides the parameters."""
        parent, child = self.links
        return RegressionData(
            self.counts,
            log_mean_count(self.counts),
            self.activity,
            np.column_stack([parent, child, self.handed_on[parent, child]]).astype(np.float64),
            self.nodes.market.astype(np.float64),
            self.nodes.data.controls,
            np.asarray(float(self.nodes.paid_count)),
            np.asarray(-gammaln(self.counts + 1.0).sum()),
        )


def build(data: NetworkData, priors: Mapping[str, Prior], form: str = FORMS[0]) -> pm.Model:
    """Write the model down for PyMC; it has one form only."""
    del form
    regression = Regression(Nodes.of(data))
    nodes = regression.nodes
    coords = {
        "market": list(data.markets),
        "control": list(data.control_names),
        "node": nodes.labels,
        "paid": nodes.labels[: nodes.paid_count],
        "edge": [", ".join(key) for key in regression.edge_keys],
    }
    with pm.Model(coords=coords) as model:
        draw_parameters(PoissonParameters._fields, DIMENSIONS, priors)
    add_log_density(model, poisson_log_density, regression.known)
    return model


def _reference_conversions(
    regression: Regression, posterior: Mapping[str, Array], intercepts: Array, periods: int
) -> Array:
    """Mean of exp(beta0 + organic parents + controls) over the last `periods` periods, (chain, draw, N)."""
    nodes = regression.nodes
    parent, child = regression.links
    organic = parent >= nodes.paid_count
    weights = posterior["parent_effects"][..., organic] * regression.handed_on[parent, child][organic]
    into = np.eye(len(intercepts[0, 0]))[child[organic]]
    total = np.zeros_like(intercepts)
    for t in range(-min(periods, len(nodes.data.periods)), 0):
        controls = np.einsum("cdmp,mp->cdm", posterior["control_coefficients"], nodes.data.controls[:, t])
        organic_part = (weights * regression.activity[parent[organic], t]) @ into
        total += np.exp(intercepts + controls[:, :, nodes.market] + organic_part)
    return total / min(periods, len(nodes.data.periods))


def publish(
    data: NetworkData, posterior: Mapping[str, Array], reference_periods: int, rng: np.random.Generator
) -> list[Parameter]:
    """Turn the sampled arrays (chain, draw, ...) into the published parameters; nothing here is random.

    `reference_conversions` are the expected conversions per period at the mean of u for every paid
    touchpoint, under the mean conditions (controls and organic parents) of the last `reference_periods`
    periods; `weighted_parent_effects` are parent_effects times the parents' transition probability.
    """
    del rng
    regression = Regression(Nodes.of(data))
    nodes = regression.nodes
    intercepts = posterior["entry_level"] + log_mean_count(regression.counts)
    reference = _reference_conversions(regression, posterior, intercepts, reference_periods)
    keys = tuple(regression.edge_keys)
    weighted = posterior["parent_effects"] * regression.handed_on[regression.links]
    return [
        nodes.parameter("beta0", intercepts),
        nodes.parameter("beta1", posterior["beta1"]),
        Parameter("parent_effects", keys, posterior["parent_effects"]),
        Parameter("weighted_parent_effects", keys, weighted),
        nodes.parameter("reference_conversions", reference),
        *nodes.control_parameters(posterior["control_coefficients"]),
    ]


def constants(data: NetworkData) -> dict[str, Array]:
    """Constants of the paid nodes by name, besides those of every model."""
    return {"log_spend_mean": Regression(Nodes.of(data)).log_spend_mean}
