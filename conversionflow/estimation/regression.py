"""What the regressions of conversions, `poisson` and `hurdle`, share: their view of the data.

The conversions at k follow its own spend, the activity of its parents (the touchpoints that hand visits on to
it) weighted with the share of their visits they hand on, and the market's controls::

    effects_kt = beta1_k u_kt + sum_p parent_effects_pk pi_pk v_pt + delta . z_t

u is log(1 + spend / mean spend) less its mean; v is u for a paid parent and log(1 + touches) less its mean
for an organic one, which is held at its reference level when a budget is evaluated.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from conversionflow.estimation.network import NetworkData
from conversionflow.estimation.nodes import Nodes
from conversionflow.estimation.priors import Prior, normal, with_pooling
from conversionflow.estimation.regression_kernel import RegressionData
from conversionflow.estimation.types import Array, Key, Mask, Parameter

if TYPE_CHECKING:
    import pymc as pm

#: Default priors by name. `beta0` is the distance from the log of the data's mean conversions.
DEFAULT_PRIORS: dict[str, Prior] = {
    "beta0": normal(0.0, 1.5),
    "beta1": normal(1.0, 0.5),
    "parent_effects": normal(0.0, 0.3),
    "control_coefficients": normal(0.0, 0.5),
    "beta1_market_spread": {"distribution": "LogNormal", "mu": -1.8, "sigma": 0.2},
}
#: Effects that are normal around their touchpoint's of all markets, where it has spend in more than one.
POOLED = {"beta1": ("beta1_across_markets", "beta1_market_spread")}

#: Axes of each parameter.
DIMENSIONS = {
    "entry_level": ("node",),
    "beta1": ("paid",),
    "parent_effects": ("edge",),
    "control_coefficients": ("market", "control"),
    "beta1_across_markets": ("pool",),
    "beta1_market_spread": (),
    "dispersion": ("node",),
    "occurrence_level": ("node",),
    "occurrence_slope": ("node",),
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

    @classmethod
    def of(cls, data: NetworkData) -> "Regression":
        """Look at a network."""
        return cls(Nodes.of(data))

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

    def known(self, base: Array) -> RegressionData:
        """Everything that the likelihood needs besides the parameters; `base` (N,) is of the log means."""
        parent, child = self.links
        return RegressionData(
            self.counts,
            base,
            self.activity,
            np.column_stack([parent, child, self.handed_on[parent, child]]).astype(np.float64),
            self.nodes.market.astype(np.float64),
            self.nodes.data.controls,
            self.nodes.pool.astype(np.float64),
            np.asarray(-gammaln(self.counts + 1.0).sum()),
        )

    def effects(self, posterior: Mapping[str, Array], activity: Array, controls: Array) -> Array:
        """Add up what spend, parents and controls do to the log mean, (S, N, T).

        Parameters
        ----------
        posterior : dict of arrays (S, ...)
            Draws of the parameters.
        activity : array (N, T)
            v, of the fitted periods or of others.
        controls : array (M, T, P)
            Of the same periods.
        """
        parent, child = self.links
        shared = np.einsum("smp,mtp->smt", posterior["control_coefficients"], controls)
        effects: Array = shared[:, self.nodes.market]
        paid = self.nodes.paid_count
        effects[:, :paid] += posterior["beta1"][:, :, None] * activity[:paid]
        weights = posterior["parent_effects"] * self.handed_on[parent, child]
        for edge, (p, k) in enumerate(zip(parent, child, strict=True)):
            effects[:, k] += weights[:, edge, None] * activity[p]
        return effects

    def later_activity(self, whole: NetworkData, reference_periods: int) -> Array:
        """Return v of the periods of `whole` that follow the fitted ones, (N, T').

        Nobody knows beforehand how active an organic touchpoint will be: it stays as it last was.
        """
        first, paid = len(self.nodes.data.periods), self.nodes.paid_count
        spend = self.nodes.relative_spend_in(whole)[:, first:]
        organic = self.activity[paid:, -reference_periods:].mean(axis=1, keepdims=True)
        return np.concatenate(
            [
                np.log1p(spend) - self.log_spend_mean[:, None],
                np.repeat(organic, len(whole.periods) - first, axis=1),
            ]
        )

    def reference_mean(self, posterior: Mapping[str, Array], intercepts: Array, periods: int) -> Array:
        """Mean of exp(intercept + organic parents + controls) over the last `periods`, (chain, draw, N)."""
        nodes = self.nodes
        parent, child = self.links
        organic = parent >= nodes.paid_count
        weights = posterior["parent_effects"][..., organic] * self.handed_on[parent, child][organic]
        into = np.eye(len(intercepts[0, 0]))[child[organic]]
        total = np.zeros_like(intercepts)
        for t in range(-min(periods, len(nodes.data.periods)), 0):
            controls = np.einsum("cdmp,mp->cdm", posterior["control_coefficients"], nodes.data.controls[:, t])
            organic_part = (weights * self.activity[parent[organic], t]) @ into
            total += np.exp(intercepts + controls[:, :, nodes.market] + organic_part)
        return total / min(periods, len(nodes.data.periods))

    def slope_parameters(self, posterior: Mapping[str, Array]) -> list[Parameter]:
        """Publish the parameters of the effects, from arrays (chain, draw, ...).

        `weighted_parent_effects` are parent_effects times the parents' transition probability.
        """
        keys = tuple(self.edge_keys)
        weighted = posterior["parent_effects"] * self.handed_on[self.links]
        return [
            self.nodes.parameter("beta1", posterior["beta1"]),
            Parameter("parent_effects", keys, posterior["parent_effects"]),
            Parameter("weighted_parent_effects", keys, weighted),
            *self.nodes.control_parameters(posterior["control_coefficients"]),
        ]


def write(
    regression: Regression, names: Sequence[str], priors: Mapping[str, Prior], *likelihood: Any
) -> "pm.Model":
    """Write a regression down for PyMC: its parameters `names`, and its likelihood, a kernel and its data."""
    from conversionflow.estimation.pymc_model import pymc_model

    nodes = regression.nodes
    coords = {
        "market": list(nodes.data.markets),
        "control": list(nodes.data.control_names),
        "node": nodes.labels,
        "paid": nodes.labels[: nodes.paid_count],
        "edge": [", ".join(key) for key in regression.edge_keys],
        "pool": nodes.pooled,
    }
    names, priors, flat = with_pooling(names, priors, POOLED, bool(nodes.pooled))
    return pymc_model(coords, names, DIMENSIONS, priors, likelihood, flat)


def constants(data: NetworkData) -> dict[str, Array]:
    """Constants of the paid nodes by name, besides those of every model."""
    return {"log_spend_mean": Regression.of(data).log_spend_mean}
