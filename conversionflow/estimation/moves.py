"""Moves and conversions of the network, with their probabilities integrated out.

For a row i (the touchpoint departed from) and its targets j (touchpoints, `(conversion)`, `(null)`)::

    C_ijt ~ Poisson(N_it / D_it pi_ij exp(theta_j g_jt)),      pi_ij ~ Gamma(a, b_i)
    D_it = 1 + displacement (W_it - 1),      W_it = sum_j m_ij exp(theta_j g_jt)

with N_it the visits of i, and g_jt = 0 where the target's spend is at its mean or the target is not paid.
m_ij is the share of i's moves that went to j over the whole history, and `displacement` the share of the
moves that are pulled which would have gone to other touchpoints: at 0 D is 1, and what is pulled would have
been lost; at 1 D is W, and i's moves are shared out anew while their sum stays. Conversions have no D. The
Gamma prior is conjugate given theta and displacement. Writing S_ij = sum_t N_it / D_it exp(theta_j g_jt) and
C_ij = sum_t C_ijt::

    p(C | theta) = prod_ijt ((N_it / D_it)^C_ijt / C_ijt!) exp(theta_j sum_it C_ijt g_jt)
                   prod_ij b_i^a / Gamma(a) * Gamma(a + C_ij) / (b_i + S_ij)^(a + C_ij)
    pi_ij | theta, C ~ Gamma(a + C_ij, b_i + S_ij)

The first is the likelihood of the few effects theta that are sampled, the second is drawn exactly
afterwards. A row's shares over the whole history, pbar_ij = pi_ij (b_i + S_ij) / (b_i + N_i) with N_i =
sum_t N_it, are Gammas of shape a + C_ij and of one rate whatever theta is; divided by their sum, as they
must be for every visit is followed by exactly one of the targets, they are Dirichlet(a + C_i.). The
probabilities at mean spend follow as pbar_ij (b_i + N_i) / (b_i + S_ij), and what they leave of 1 is lost.
With theta = 0 every S_ij is N_i, and they are the Dirichlet: the closed-form posterior of a multinomial row
with a Dirichlet(a) prior.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import gammaln, xlogy

from conversionflow.estimation.density_kernel import pull_shape
from conversionflow.estimation.moves_kernel import MoveData, OnwardData
from conversionflow.estimation.nodes import Nodes
from conversionflow.estimation.types import CONVERSION, NULL, Array, Key, Mask

#: Prior count of each possible target of a row: Jeffreys' prior of a multinomial.
PRIOR_COUNT = 0.5
#: Share of visits lost at mean spend where pull would leave none.
SMALLEST_LOST_SHARE = 1e-6
#: Draws whose exposures are computed together.
DRAWS_AT_A_TIME = 100


@dataclass(frozen=True)
class MoveCounts:
    """Counts from rows i to targets j whose chance follows spend.

    Attributes
    ----------
    visits : array (I, T)
        Visits of the row's touchpoint.
    counts : array (I, J, T)
        Moves to each target.
    shape : array (J, T)
        g of the target's spend.
    possible : bool array (I, J)
        Pairs between which a move can happen; the others are left out.
    rate : array (I,)
        b of the row's Gamma prior.
    """

    visits: Array
    counts: Array
    shape: Array
    possible: Mask
    rate: Array

    @cached_property
    def totals(self) -> Array:
        """Moves over all periods, (I, J)."""
        return np.where(self.possible, self.counts.sum(axis=2), 0.0)

    @cached_property
    def pull(self) -> Array:
        """Sufficient statistic of each target's effect, sum_it C_ijt g_jt, (J,)."""
        pull: Array = np.einsum("ijt,ij,jt->j", self.counts, self.possible, self.shape)
        return pull

    @cached_property
    def constant(self) -> Array:
        """Part of the log likelihood that no effect changes."""
        counts, possible = self.counts, self.possible
        poisson = xlogy(counts, self.visits[:, None, :]) - gammaln(counts + 1.0)
        prior = (
            PRIOR_COUNT * np.log(self.rate)[:, None]
            - gammaln(PRIOR_COUNT)
            + gammaln(PRIOR_COUNT + self.totals)
        )
        return np.asarray(poisson[possible].sum() + prior[possible].sum())

    @property
    def statistics(self) -> MoveData:
        """What the collapsed density needs besides the effects."""
        weights = np.where(self.possible, PRIOR_COUNT + self.totals, 0.0)
        return MoveData(self.shape, self.pull, self.visits, weights, self.rate, self.constant)


@dataclass(frozen=True)
class Moves:
    """Everything that happens after a visit, by node.

    Attributes
    ----------
    nodes
        The network's nodes.
    possible : bool array (N, N)
        Moves that can happen: within a market; from a touchpoint to itself only where the data have any such
        move, for a path that merges repeats has none by construction.
    between, unpaid : MoveCounts
        From every node to the paid ones, and to the others.
    converting : MoveCounts
        From the paid nodes to `(conversion)`, as N x N counts on the diagonal.
    """

    nodes: Nodes
    counts: Array
    possible: Mask

    @classmethod
    def of(cls, nodes: Nodes) -> "Moves":
        """Count what follows the visits of the nodes."""
        counts = nodes.moves()
        repeats = np.trace(counts.sum(axis=2)) > 0
        possible = nodes.neighbours & (repeats | ~np.eye(len(counts), dtype=bool))
        return cls(nodes, counts, possible)

    @cached_property
    def visits(self) -> Array:
        """Visits by node, (N, T)."""
        return self.nodes.per_node(self.nodes.data.touches)

    @cached_property
    def rate(self) -> Array:
        """Rate b of each row's prior, with which the expected prior probabilities of a row sum to 1, (N,)."""
        rate: Array = PRIOR_COUNT * (self.possible.sum(axis=1) + 2.0)
        return rate

    @cached_property
    def between(self) -> MoveCounts:
        """Moves from every node to the paid ones."""
        paid = self.nodes.paid_count
        shape = pull_shape(self.nodes.relative_spend)
        return MoveCounts(self.visits, self.counts[:, :paid], shape, self.possible[:, :paid], self.rate)

    @cached_property
    def mix(self) -> Array:
        """Which share of the moves from each node goes to each, over the whole history, (N, N)."""
        weights = np.where(self.possible, PRIOR_COUNT + self.counts.sum(axis=2), 0.0)
        mix: Array = weights / np.maximum(weights.sum(axis=1, keepdims=True), PRIOR_COUNT)
        return mix

    @cached_property
    def onward(self) -> OnwardData:
        """Moves from every node to all others, beside those to the paid ones."""
        paid = self.nodes.paid_count
        weights = np.where(self.possible, PRIOR_COUNT + self.counts.sum(axis=2), 0.0)[:, paid:].sum(axis=1)
        mix, market = np.ascontiguousarray(self.mix[:, :paid]), self.nodes.market.astype(np.float64)
        return OnwardData(mix, self.counts.sum(axis=1), weights, market)

    @cached_property
    def unpaid(self) -> MoveCounts:
        """Moves from every node to those without spend."""
        paid = self.nodes.paid_count
        counts, possible = self.counts[:, paid:], self.possible[:, paid:]
        return MoveCounts(
            self.visits, counts, np.zeros((counts.shape[1], counts.shape[2])), possible, self.rate
        )

    @cached_property
    def converting(self) -> MoveCounts:
        """Conversions at the paid nodes; each node is a row whose only target it is itself."""
        paid = self.nodes.paid_count
        conversions = self.nodes.per_node(self.nodes.data.conversions)[:paid]
        own = np.eye(paid, dtype=bool)
        shape = pull_shape(self.nodes.relative_spend)
        return MoveCounts(self.visits[:paid], own[:, :, None] * conversions, shape, own, self.rate[:paid])

    @cached_property
    def row_counts(self) -> Array:
        """Shape of each row's shares: prior and counts of moves, conversions and losses, (N, N + 2).

        Moves that cannot happen are not masked.
        """
        nodes, data = self.nodes, self.nodes.data
        ends = [nodes.per_node(values).sum(axis=1)[:, None] for values in (data.conversions, data.nulls)]
        counts: Array = PRIOR_COUNT + np.concatenate([self.counts.sum(axis=2), *ends], axis=1)
        return counts

    @cached_property
    def mean_shares(self) -> Array:
        """Posterior mean of what share of a row's visits goes where, over the whole history, (N, N + 2)."""
        count = len(self.visits)
        shares = self.row_counts.copy()
        shares[:, :count][~self.possible] = 0.0
        shares /= shares.sum(axis=1, keepdims=True)
        return shares

    @cached_property
    def keys(self) -> list[Key]:
        """Keys of the transition probabilities, in the order of `draw_probabilities`."""
        names = self.nodes.names
        keys = [(*names[i], names[j][1]) for i, j in np.argwhere(self.possible)]
        return keys + [(*name, end) for end in (CONVERSION, NULL) for name in names]


def _exposures(effects: Array, moves: MoveCounts) -> Array:
    """Return S_jj for draws of the effects (S, J) where nothing is displaced, as (S, J)."""
    exposures = np.empty((len(effects), len(moves.shape)))
    for j, (shape, visits) in enumerate(zip(moves.shape, moves.visits, strict=True)):
        exposures[:, j] = np.exp(effects[:, j, None] * shape) @ visits
    return exposures


def _displaced_exposures(effects: Array, displacement: Array, moves: Moves) -> tuple[Array, Array]:
    """Return S_ij of the paid targets (S, I, J) and of the others (S, I) for draws of the effects (S, J)."""
    onward, shape = moves.onward, moves.between.shape
    share = displacement[:, moves.nodes.market]
    paid, others = np.empty((len(effects), *onward.mix.shape)), np.empty(share.shape)
    for first in range(0, len(effects), DRAWS_AT_A_TIME):
        some = slice(first, first + DRAWS_AT_A_TIME)
        pulled = np.exp(effects[some, :, None] * shape)
        visits = moves.visits / (1.0 + share[some, :, None] * (onward.mix @ (pulled - 1.0)))
        paid[some], others[some] = visits @ pulled.transpose(0, 2, 1), visits.sum(axis=2)
    return paid, others


def draw_probabilities(
    parent_effects: Array,
    conversion_effects: Array,
    displacement: Array,
    moves: Moves,
    rng: np.random.Generator,
) -> Array:
    """Draw the transition probabilities given draws of the effects.

    Parameters
    ----------
    parent_effects, conversion_effects : array (S, paid nodes)
    displacement : array (S, M)
    moves
        The counts.
    rng
        Source of randomness.

    Returns
    -------
    array (S, len(moves.keys))
        At mean spend; the values of each row sum to 1.
    """
    count, paid = len(moves.visits), moves.nodes.paid_count
    shape = moves.row_counts
    shares = rng.standard_gamma(np.broadcast_to(shape, (len(parent_effects), *shape.shape)))
    shares[:, :, :count][:, ~moves.possible] = 0.0
    shares /= shares.sum(axis=2, keepdims=True)
    whole = moves.rate + moves.visits.sum(axis=1)
    onto, others = _displaced_exposures(parent_effects, displacement, moves)
    shares[:, :, :paid] *= whole[:, None] / (moves.rate[:, None] + onto)
    shares[:, :, paid:count] *= (whole / (moves.rate + others))[:, :, None]
    converting = _exposures(conversion_effects, moves.converting)
    shares[:, :paid, count] *= whole[:paid] / (moves.rate[:paid] + converting)
    onward = shares[:, :, : count + 1].sum(axis=2)
    shares[:, :, count + 1] = np.maximum(1.0 - onward, SMALLEST_LOST_SHARE)
    shares /= shares.sum(axis=2, keepdims=True)
    moved = shares[:, :, :count][:, moves.possible]
    return np.concatenate([moved, shares[:, :, count], shares[:, :, count + 1]], axis=1)
