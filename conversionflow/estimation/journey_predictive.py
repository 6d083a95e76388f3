"""What the `journey` model says of the entries, moves and conversions of each period.

It speaks through the response that plans are evaluated with (`conversionflow.estimation.response`), market by
market: entries at reference conditions, times the demand over that of the reference periods.
"""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, xlogy

from conversionflow.estimation.density_kernel import pull_shape
from conversionflow.estimation.journey import demand_path
from conversionflow.estimation.network import NetworkData
from conversionflow.estimation.network_kernel import NetworkDraws, network_closed, network_entries
from conversionflow.estimation.nodes import Nodes
from conversionflow.estimation.predictive import (
    CountDistribution,
    NegativeBinomialCounts,
    Observed,
    PoissonCounts,
)
from conversionflow.estimation.response import JourneyMarket, Response
from conversionflow.estimation.types import Array

Rows = NDArray[np.intp]
#: Keeps rows without moves onward from 0 / 0.
SMALLEST_ONWARD = 1e-12


def observations(
    data: NetworkData, posterior: Mapping[str, Array], response: Response, reference_periods: int
) -> dict[str, Observed]:
    """Entries, moves onward and conversions of the fitted periods, with their distributions.

    Parameters
    ----------
    data
        What the model was fitted to.
    posterior : dict of arrays (S, ...)
        Draws of the sampled parameters.
    response
        Of the same S draws.
    reference_periods
        The reference conditions are those of the last so many periods.
    """
    nodes = Nodes.of(data)
    demand = demand_path(data, posterior)
    conditions = np.exp(demand)[..., -reference_periods:].mean(axis=2)
    size, count, periods = len(demand), len(nodes.market), len(data.periods)
    entries, onward, split, closed = (np.zeros((size, count, periods)) for _ in range(4))
    visits, moves = nodes.per_node(data.touches), nodes.moves()
    for m, rows, draws in _markets(nodes, response):
        spend = _spend(nodes, data, rows, draws)
        growth = np.exp(demand[:, m]) / conditions[:, m, None]
        entries[:, rows] = network_entries(spend, draws) * growth[:, None, :]
        pull, convert = _factors(spend, draws)
        for place, row in enumerate(rows):
            shares = draws.moves[:, place, :, None] * pull
            usual = draws.moves[:, place].sum(axis=1)[:, None]
            more = shares.sum(axis=1) / np.maximum(usual, SMALLEST_ONWARD) - 1.0
            shares /= 1.0 + (draws.displacement[:, None] * more)[:, None]
            total = shares.sum(axis=1)
            onward[:, row] = visits[row] * total
            split[:, row] = _split_density(moves[row, rows], shares, total)
        closed[:, rows] = visits[rows] * draws.conversion[:, :, None] * convert
    dispersion = posterior["dispersion"][:, :, None]
    return {
        "entries": Observed.plain(nodes.per_node(data.entries), NegativeBinomialCounts(entries, dispersion)),
        "moves": Observed(moves.sum(axis=1), PoissonCounts(onward), split),
        "conversions": Observed.plain(nodes.per_node(data.conversions), PoissonCounts(closed)),
    }


def forecast(
    data: NetworkData,
    whole: NetworkData,
    posterior: Mapping[str, Array],
    response: Response,
    reference_periods: int,
    rng: np.random.Generator,
) -> CountDistribution:
    """Distribution of the conversions (S, N, T') of the periods of `whole` that follow those of `data`.

    Nothing of these periods but spend and calendar is known: the demand goes on as its autoregression has it,
    the entries vary around their mean as the fitted ones do, and journeys close in the period in which they
    begin. Given one path of both for each posterior draw, the conversions are Poisson counts.
    """
    nodes = Nodes.of(data)
    first = len(data.periods)
    conditions = np.exp(demand_path(data, posterior))[..., -reference_periods:].mean(axis=2)
    later = _demand_ahead(data, whole, posterior, rng)
    dispersion = posterior["dispersion"][:, :, None]
    noise = rng.gamma(np.broadcast_to(dispersion, (*dispersion.shape[:2], later.shape[2]))) / dispersion
    closed = np.zeros(noise.shape)
    for m, rows, draws in _markets(nodes, response):
        spend = _spend(nodes, whole, rows, draws)
        growth = np.exp(later[:, m]) / conditions[:, m, None]
        entries = network_entries(spend, draws)[:, :, first:] * growth[:, None, :] * noise[:, rows]
        closed[:, rows] = network_closed(entries, spend[first:], draws)
    return PoissonCounts(closed)


def _markets(nodes: Nodes, response: Response) -> Iterator[tuple[int, Rows, NetworkDraws]]:
    """Position, nodes and draws of each market; nodes in the order of the draws: paid ones, then others."""
    for market, part in response.parts:
        if not isinstance(part, JourneyMarket):
            raise TypeError(f"The response of market {market} is of another model: {type(part).__name__}")
        m = nodes.data.markets.index(market)
        yield m, np.flatnonzero(nodes.market == m), part.draws


def _spend(nodes: Nodes, data: NetworkData, rows: Rows, draws: NetworkDraws) -> Array:
    """Spend over its fitted mean of a market's paid nodes, (T, P)."""
    return np.ascontiguousarray(nodes.relative_spend_in(data)[rows[: draws.exponent.shape[1]]].T)


def _factors(spend: Array, draws: NetworkDraws) -> tuple[Array, Array]:
    """Factors on the moves onto, and the conversions at, each touchpoint of a market, (S, K, T)."""
    size, count = draws.entries.shape
    factors = []
    for effects in (draws.parent_effects, draws.conversion_effects):
        factor = np.ones((size, count, len(spend)))
        factor[:, : effects.shape[1]] = np.exp(effects[:, :, None] * pull_shape(spend).T)
        factors.append(factor)
    return factors[0], factors[1]


def _split_density(counts: Array, shares: Array, total: Array) -> Array:
    """Multinomial log density of moves (K, T) given their total, for shares (S, K, T): (S, T)."""
    ways = gammaln(counts.sum(axis=0) + 1.0) - gammaln(counts + 1.0).sum(axis=0)
    log: Array = ways + xlogy(counts, shares).sum(axis=1) - xlogy(counts.sum(axis=0), total)
    return log


def _demand_ahead(
    data: NetworkData, whole: NetworkData, posterior: Mapping[str, Array], rng: np.random.Generator
) -> Array:
    """One continuation of each draw's demand, (S, M, T')."""
    coefficients = posterior["control_coefficients"]
    usual = np.einsum("mtp,smp->smt", whole.controls, coefficients)
    first = len(data.periods)
    away = demand_path(data, posterior)[:, :, -1] - usual[:, :, first - 1]
    later: Array = usual[:, :, first:].copy()
    for t in range(later.shape[2]):
        step = posterior["demand_scale"] * rng.standard_normal(away.shape)
        away = posterior["demand_persistence"] * away + step
        later[:, :, t] += away
    return later
