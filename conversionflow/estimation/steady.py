"""The `journey` model without a response to spend, for a history too short to tell one: in closed form.

Entries are Poisson with a mean that stays the same over the periods, and so are the moves and conversions
given the visits. With Jeffreys' prior the means are Gamma(1/2 + all entries, periods), and the transition
probabilities are the Dirichlet of `conversionflow.estimation.moves` without effects. Both are drawn exactly,
so every draw is independent of the others.
"""

import numpy as np
from scipy.special import gammaln

from conversionflow.estimation.chains import Trace
from conversionflow.estimation.diagnostics import Diagnostics
from conversionflow.estimation.moves import PRIOR_COUNT, Moves, draw_probabilities
from conversionflow.estimation.network import NetworkData
from conversionflow.estimation.nodes import Nodes
from conversionflow.estimation.types import Array, Parameter


def draw_steady(data: NetworkData, chains: int, draws: int, seed: int) -> dict[str, Array]:
    """Draw the `entry_rate` (chain, draw, N) of every node and its log density, `lp` (chain, draw)."""
    nodes = Nodes.of(data)
    shape = PRIOR_COUNT + nodes.per_node(data.entries).sum(axis=1)
    periods = len(data.periods)
    rates = np.random.default_rng(seed).gamma(shape, 1.0 / periods, (chains, draws, len(shape)))
    density = shape * np.log(periods) + (shape - 1.0) * np.log(rates) - periods * rates - gammaln(shape)
    return {"entry_rate": rates, "lp": density.sum(axis=2)}


def publish(data: NetworkData, drawn: dict[str, Array], rng: np.random.Generator) -> list[Parameter]:
    """Turn the draws into the parameters that `journey` publishes, as far as there are any without spend."""
    nodes = Nodes.of(data)
    moves, rates = Moves.of(nodes), drawn["entry_rate"]
    chains, draws = rates.shape[:2]
    effects = np.zeros((chains * draws, nodes.paid_count))
    displaced = np.zeros((len(effects), len(data.markets)))
    probabilities = draw_probabilities(effects, effects, displaced, moves, rng).reshape(chains, draws, -1)
    return [
        nodes.parameter("beta0", np.log(rates)),
        nodes.parameter("reference_entries", rates),
        Parameter("transition_probability", tuple(moves.keys), probabilities),
    ]


def diagnose(drawn: dict[str, Array]) -> Diagnostics:
    """Diagnose the draws as those of a sampler are; there is no tree and nothing that could diverge."""
    none = np.zeros(drawn["lp"].shape, dtype=bool)
    statistics = {"energy": -drawn["lp"], "diverging": none, "maxdepth_reached": none}
    return Diagnostics.of(Trace({"entry_rate": drawn["entry_rate"]}, statistics))
