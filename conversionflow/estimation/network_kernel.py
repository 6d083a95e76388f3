"""Compiled evaluation of the network's expected conversions for many budgets and posterior draws.

For a budget with spend x over its mean, per period::

    f = e(x)' (I - Q(x))^-1 r(x)
    e_k = entries_k (floor_k + (1 - floor_k) H_k(x_k))      (`conversionflow.estimation.response_kernel`)
    q_ij = f_i pi_ij exp(parent_effects_j g(x_j)),    rr_i = r_i exp(conversion_effects_i g(x_i))
    f_i = 1 / (1 + displacement (W_i - 1)),    W_i = sum_j pi_ij exp(parent_effects_j g(x_j)) / sum_j pi_ij

with g(x) = 2 (x - 1) / (x + 1). The share `displacement` of what is pulled comes from moves to other
touchpoints, the rest from the visits that were lost, and can take at most all of them: with nu_i the lost
share at mean spend and d_i = sum_j (q_ij - pi_ij) + rr_i - r_i, row i is used as it is up to d_i = nu_i / 2,
and beyond that scaled down such that d_i goes to nu_i as pull grows without bound::

    taken(d) = d                                           for d <= nu / 2
    taken(d) = nu / 2 (2 - exp(1 - 2 d / nu))              beyond (continuous, with continuous slope)
    Q_ij = s_i q_ij,  r_i(x) = s_i rr_i,  s_i = (1 - nu_i + taken(d_i)) / (1 - nu_i + d_i)

So every row stays sub-stochastic for any budget, and I - Q is a diagonally dominant M-matrix: elimination
needs no pivoting. The gradient is the adjoint one, df = de' h + v' (dQ h + dr), with h = (I - Q)^-1 r and v
= (I - Q)^-T e. There T_i = sum_j pi_ij exp(parent_effects_j g(x_j)) changes f_i by -displacement f_i^2 dT_i /
sum_j pi_ij, and what is moved on, f_i T_i, by (1 - displacement) f_i^2 dT_i.
"""

import math
from typing import NamedTuple

import numpy as np

from conversionflow.core.compiled import compiled
from conversionflow.estimation.density_kernel import pull_shape, total
from conversionflow.estimation.response_kernel import NO_SPEND, hill
from conversionflow.estimation.types import Array


class NetworkDraws(NamedTuple):
    """S draws of one market of K touchpoints, of which the first P are paid.

    `entries`, `conversion`, `lost` (S, K) are the entries at mean spend and the shares of visits that convert
    and that are lost; `moves` (S, K, K) is pi; `displacement` is (S,); the others are (S, P). `carryover`, 0
    where spend acts in its own period only, is for histories: a plan's budget is the same in every period.
    """

    entries: Array
    exponent: Array
    floor: Array
    saturation: Array
    parent_effects: Array
    conversion_effects: Array
    moves: Array
    conversion: Array
    lost: Array
    carryover: Array
    displacement: Array


@compiled
def taken_share(extra: float, lost: float) -> tuple[float, float]:
    """Share taken from the lost visits when pull asks for `extra` of them, and its slope."""
    half = 0.5 * lost
    if extra <= half:
        return extra, 1.0
    slope = math.exp(1.0 - extra / half) if half > 0.0 else 0.0
    return half * (2.0 - slope), slope


@compiled
def log_of(spend: Array) -> Array:
    """Return the logarithm of spend (P,) over its mean, none as `NO_SPEND`."""
    logs = np.empty(spend.shape[0])
    for p in range(spend.shape[0]):
        logs[p] = math.log(max(spend[p], NO_SPEND))
    return logs


@compiled
def spent(
    draws: NetworkDraws,
    s: int,
    spend: Array,
    log_spend: Array,
    begun: Array,
    pull: Array,
    convert: Array,
    response: Array,
) -> None:
    """Fill one draw's entries (K,), the factors (P,) on moves onto the paid and on their conversions.

    `response` (2, P) takes what `hill` returns. The logarithms of the spend are the same for all draws.
    """
    for k in range(begun.shape[0]):
        begun[k] = draws.entries[s, k]
    for p in range(spend.shape[0]):
        rise, room = hill(log_spend[p], draws.exponent[s, p], draws.saturation[s, p])
        response[0, p], response[1, p] = rise, room
        shape = pull_shape(spend[p])
        begun[p] *= draws.floor[s, p] + (1.0 - draws.floor[s, p]) * rise
        pull[p] = math.exp(draws.parent_effects[s, p] * shape)
        convert[p] = math.exp(draws.conversion_effects[s, p] * shape)


@compiled
def pulled_network(
    draws: NetworkDraws,
    s: int,
    pull: Array,
    convert: Array,
    matrix: Array,
    right: Array,
    scale: Array,
    bend: Array,
    spread: Array,
) -> None:
    """Fill I - Q, r, each row's scale s, (slope of taken - s) / total, and f, for one draw and budget."""
    moves, conversion, lost = draws.moves[s], draws.conversion[s], draws.lost[s]
    count, paid = moves.shape[0], pull.shape[0]
    for i in range(count):
        usual, moved = 0.0, 0.0
        for j in range(count):
            q = moves[i, j] * (pull[j] if j < paid else 1.0)
            usual += moves[i, j]
            moved += q
            matrix[i, j] = -q
        spread[i] = 1.0 / (1.0 + draws.displacement[s] * (moved / usual - 1.0)) if usual > 0.0 else 1.0
        right[i] = conversion[i] * (convert[i] if i < paid else 1.0)
        before, after = conversion[i] + usual, right[i] + spread[i] * moved
        share, slope = taken_share(after - before, lost[i])
        scale[i] = (before + share) / after if after > 0.0 else 1.0
        bend[i] = (slope - scale[i]) / after if after > 0.0 else 0.0
        right[i] *= scale[i]
        for j in range(count):
            matrix[i, j] *= scale[i] * spread[i]
        matrix[i, i] += 1.0


@compiled
def factorise(matrix: Array) -> None:
    """LU factors in place, without pivoting."""
    count = matrix.shape[0]
    for k in range(count):
        for i in range(k + 1, count):
            factor = matrix[i, k] / matrix[k, k]
            matrix[i, k] = factor
            if factor != 0.0:
                for j in range(k + 1, count):
                    matrix[i, j] -= factor * matrix[k, j]


@compiled
def solve(factors: Array, vector: Array) -> None:
    """Solve A x = vector in place."""
    count = factors.shape[0]
    for i in range(count):
        for j in range(i):
            vector[i] -= factors[i, j] * vector[j]
    for i in range(count - 1, -1, -1):
        for j in range(i + 1, count):
            vector[i] -= factors[i, j] * vector[j]
        vector[i] /= factors[i, i]


@compiled
def solve_transposed(factors: Array, vector: Array) -> None:
    """Solve A' x = vector in place."""
    count = factors.shape[0]
    for i in range(count):
        for j in range(i):
            vector[i] -= factors[j, i] * vector[j]
        vector[i] /= factors[i, i]
    for i in range(count - 1, -1, -1):
        for j in range(i + 1, count):
            vector[i] -= factors[j, i] * vector[j]


@compiled
def network_conversions(spend: Array, draws: NetworkDraws) -> Array:
    """Evaluate one market for spend (B, P) over its mean: expected conversions, (S, B)."""
    plans, paid = spend.shape
    size, count = draws.entries.shape
    out = np.zeros((size, plans))
    pull, convert = np.ones(paid), np.ones(paid)
    matrix, right = np.zeros((count, count)), np.zeros(count)
    scale, bend, spread, begun = np.zeros(count), np.zeros(count), np.zeros(count), np.zeros(count)
    response, log_spend = np.empty((2, paid)), np.empty((plans, paid))
    for b in range(plans):
        log_spend[b] = log_of(spend[b])
    for s in range(size):
        for b in range(plans):
            spent(draws, s, spend[b], log_spend[b], begun, pull, convert, response)
            pulled_network(draws, s, pull, convert, matrix, right, scale, bend, spread)
            factorise(matrix)
            solve(matrix, right)
            for k in range(count):
                out[s, b] += begun[k] * right[k]
    return out


@compiled
def network_entries(spend: Array, draws: NetworkDraws) -> Array:
    """Evaluate one market's entries (S, K, T) at reference conditions for spend (T, P) over its mean.

    The periods follow each other from the first of the history on, and spend is carried over.
    """
    periods, paid = spend.shape
    size, count = draws.entries.shape
    out = np.zeros((size, count, periods))
    pull, convert, begun = np.ones(paid), np.ones(paid), np.zeros(count)
    acting, response = np.zeros(paid), np.empty((2, paid))
    for s in range(size):
        acting[:] = spend[0]
        for t in range(periods):
            for p in range(paid):
                acting[p] = spend[t, p] + draws.carryover[s, p] * (acting[p] - spend[t, p])
            spent(draws, s, acting, log_of(acting), begun, pull, convert, response)
            for k in range(count):
                out[s, k, t] = begun[k]
    return out


@compiled
def network_closed(entries: Array, spend: Array, draws: NetworkDraws) -> Array:
    """Evaluate the conversions (S, K, T) closed at each touchpoint, for entries (S, K, T), spend (T, P)."""
    periods, paid = spend.shape
    size, count = draws.entries.shape
    out = np.zeros((size, count, periods))
    pull, convert = np.ones(paid), np.ones(paid)
    matrix, right, visits = np.zeros((count, count)), np.zeros(count), np.zeros(count)
    scale, bend, spread, response = np.zeros(count), np.zeros(count), np.zeros(count), np.empty((2, paid))
    for s in range(size):
        for t in range(periods):
            spent(draws, s, spend[t], log_of(spend[t]), visits, pull, convert, response)
            pulled_network(draws, s, pull, convert, matrix, right, scale, bend, spread)
            factorise(matrix)
            for k in range(count):
                visits[k] = entries[s, k, t]
            solve_transposed(matrix, visits)
            for k in range(count):
                out[s, k, t] = visits[k] * right[k]
    return out


@compiled
def network_gradient(spend: Array, draws: NetworkDraws) -> tuple[float, Array]:
    """Mean over the draws of the expected conversions of one market, and its gradient, at spend (P,)."""
    paid = spend.shape[0]
    size, count = draws.entries.shape
    value, gradient = 0.0, np.zeros(paid)
    pull, convert = np.ones(paid), np.ones(paid)
    matrix, reached = np.zeros((count, count)), np.zeros(count)
    scale, bend, spread, begun = np.zeros(count), np.zeros(count), np.zeros(count), np.zeros(count)
    visits, displaced, bent = np.zeros(count), np.zeros(count), np.zeros(count)
    response, log_spend = np.empty((2, paid)), log_of(spend)
    for s in range(size):
        spent(draws, s, spend, log_spend, begun, pull, convert, response)
        pulled_network(draws, s, pull, convert, matrix, reached, scale, bend, spread)
        factorise(matrix)
        solve(matrix, reached)
        for k in range(count):
            visits[k] = begun[k]
            converted = draws.conversion[s, k] * (convert[k] if k < paid else 1.0)
            usual = total(draws.moves[s, k])
            displaced[k] = (reached[k] - scale[k] * converted) / usual if usual > 0.0 else 0.0
            bent[k] = bend[k] * (1.0 - draws.displacement[s]) * spread[k] * reached[k] / scale[k]
        solve_transposed(matrix, visits)
        for p in range(paid):
            money = max(spend[p], NO_SPEND)
            rise, room = response[0, p], response[1, p]
            steepness = (1.0 - draws.floor[s, p]) * rise * draws.exponent[s, p] * room / money
            value_p = draws.entries[s, p] * steepness * reached[p]
            shape_slope = 4.0 / (spend[p] + 1.0) ** 2
            for i in range(count):
                pulled = draws.moves[s, i, p] * pull[p] * draws.parent_effects[s, p] * shape_slope
                change = scale[i] * reached[p] - draws.displacement[s] * displaced[i] + bent[i]
                value_p += visits[i] * spread[i] * pulled * change
            converted = draws.conversion[s, p] * convert[p] * draws.conversion_effects[s, p] * shape_slope
            value_p += visits[p] * converted * (scale[p] + bend[p] * reached[p] / scale[p])
            gradient[p] += value_p / size
        for k in range(count):
            value += begun[k] * reached[k] / size
    return value, gradient
