"""The network's nodes: the (market, touchpoint) pairs that occur, paid ones first."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from conversionflow.estimation.network import NetworkData
from conversionflow.estimation.types import NOT_APPLICABLE, Array, Key, Mask, Parameter

Index = NDArray[np.intp]


@dataclass(frozen=True)
class Nodes:
    """Flat view of the active (market, touchpoint) pairs, the paid ones before the others.

    Attributes
    ----------
    data
        The network.
    market, touchpoint : int array (N,)
        Position of each node's market and touchpoint in `data`.
    paid_count
        The first so many nodes are paid.
    """

    data: NetworkData
    market: Index
    touchpoint: Index
    paid_count: int

    @classmethod
    def of(cls, data: NetworkData) -> "Nodes":
        """List the nodes of a network."""
        paid, organic = np.argwhere(data.paid), np.argwhere(data.active & ~data.paid)
        market, touchpoint = np.concatenate([paid, organic]).T
        return cls(data, market, touchpoint, len(paid))

    @cached_property
    def names(self) -> list[tuple[str, str]]:
        """(market, touchpoint) of every node."""
        data = self.data
        return [
            (data.markets[m], data.touchpoints[k]) for m, k in zip(self.market, self.touchpoint, strict=True)
        ]

    @cached_property
    def labels(self) -> list[str]:
        """One text per node, for the axes of the fitted arrays."""
        return [", ".join(name) for name in self.names]

    @property
    def keys(self) -> list[Key]:
        """Keys of a parameter with one value per node."""
        return [(*name, NOT_APPLICABLE) for name in self.names]

    @property
    def membership(self) -> Array:
        """1 where the node belongs to the market, (N, M)."""
        return np.eye(len(self.data.markets))[self.market]

    @property
    def neighbours(self) -> Mask:
        """Pairs of nodes of the same market, (N, N)."""
        same: Mask = self.market[:, None] == self.market[None, :]
        return same

    @cached_property
    def pooled(self) -> list[str]:
        """Names of the paid touchpoints, or none where no touchpoint has spend in more than one market."""
        paid = self.touchpoint[: self.paid_count]
        if len(set(paid)) == len(paid):
            return []
        return [self.data.touchpoints[k] for k in sorted(set(paid))]

    @cached_property
    def pool(self) -> Index:
        """Place of each paid node's touchpoint in `pooled`, (paid_count,); -1 where nothing is pooled."""
        names = [self.data.touchpoints[k] for k in self.touchpoint[: self.paid_count]]
        places = {name: place for place, name in enumerate(self.pooled)}
        return np.array([places.get(name, -1) for name in names], dtype=np.intp)

    def per_node(self, values: Array) -> Array:
        """Take the nodes' entries of an array that begins with the axes (M, K)."""
        return values[self.market, self.touchpoint]

    def moves(self) -> Array:
        """Count moves between nodes, (N, N, T); 0 between markets."""
        between = self.data.moves[self.market[:, None], self.touchpoint[:, None], self.touchpoint[None, :]]
        return np.where(self.neighbours[:, :, None], between, 0.0)

    @cached_property
    def relative_spend(self) -> Array:
        """Spend over its mean of the paid nodes, (paid_count, T)."""
        return self.relative_spend_in(self.data)

    def relative_spend_in(self, other: NetworkData) -> Array:
        """Spend of the paid nodes in other periods, over its mean in these, (paid_count, T')."""
        mean = self.per_node(self.data.spend)[: self.paid_count].mean(axis=1, keepdims=True)
        relative: Array = self.per_node(other.spend)[: self.paid_count] / mean
        return relative

    def parameter(self, name: str, values: Array) -> Parameter:
        """Publish an array (chain, draw, n) whose last axis runs over the nodes or over the paid ones."""
        return Parameter(name, tuple(self.keys[: values.shape[2]]), values)

    def market_parameter(self, name: str, values: Array) -> Parameter:
        """Publish an array (chain, draw, M) with one value per market."""
        keys = tuple((market, NOT_APPLICABLE, NOT_APPLICABLE) for market in self.data.markets)
        return Parameter(name, keys, values)

    def control_parameters(self, coefficients: Array) -> list[Parameter]:
        """Publish the control coefficients (chain, draw, M, P) of the controls that vary in their market."""
        varies = np.abs(self.data.controls).max(axis=1) > 0
        parameters = []
        for p, name in enumerate(self.data.control_names):
            markets = np.flatnonzero(varies[:, p])
            keys = tuple((self.data.markets[m], NOT_APPLICABLE, NOT_APPLICABLE) for m in markets)
            parameters.append(Parameter(f"control_{name}", keys, coefficients[:, :, markets, p]))
        return parameters

    def spend_constants(self) -> dict[str, Array]:
        """Constants of the paid nodes that every model needs, by name; money per period."""
        spend = self.per_node(self.data.spend)[: self.paid_count]
        return {"mean_spend": spend.mean(axis=1), "max_spend_seen": spend.max(axis=1)}


def log_mean_count(counts: Array) -> Array:
    """Log of the mean count per period of each node (N, T); of half a count in all where there is none."""
    logs: Array = np.log(np.maximum(counts.mean(axis=1), 0.5 / counts.shape[1]))
    return logs
