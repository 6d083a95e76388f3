"""Measured lifts in the density of the `journey` model.

An experiment changed the spend of touchpoint k from x0_t, what it would have been, to x_t, what was spent.
With v the visits there were and h0 the conversions that a visit of each touchpoint would have led to at x0,
the network's conversions f = e' (I - Q)^-1 r differ by exactly::

    f(x) - f(x0) = (e(x) - e(x0))' h0 + v' [(Q(x) - Q(x0)) h0 + r(x) - r(x0)]

The modelled lift is this sum over the experiment's periods, and for the entries over those into which its
spend is carried over, with the visits counted, the expected entries,
and the mean of the probabilities given the effects, (a + C_ij) / (b_i + S_ij)
(`conversionflow.estimation.moves`). The measured lift is normal about it.

The probabilities are not among what is sampled, so h0 stands on the mean shares of the counts, Q and r: with
c and d the factors that x0 puts on moves to k and on conversions at k, beside the whole history, and
z_k = [(I - Q)^-1]_kk the visits of k that one of them leads to, itself included::

    h0_k = (h_k + (d - 1) r_k z_k) / (1 - (c - 1) (z_k - 1)),    h = (I - Q)^-1 r

(Sherman and Morrison's formula). Of the moves from i that are pulled, the share `displacement` would have
gone to other touchpoints, and is worth h0_k less what i's moves are worth on average, to first order in the
effects; the others would have been lost, without the bound that a plan has on how many those are.
"""

import math
from typing import NamedTuple

import numpy as np

from conversionflow.core.compiled import compiled
from conversionflow.estimation.density_kernel import LOG_MEAN_BOUND, pull_shape, total
from conversionflow.estimation.journey_kernel import EntryData, JourneyParameters
from conversionflow.estimation.moves_kernel import MoveData
from conversionflow.estimation.response_kernel import carry_over, centre, entry_response
from conversionflow.estimation.types import Array

#: Least share of a visit's value that is taken to be its own, whatever pulls journeys back to the touchpoint.
SMALLEST_KEPT = 0.1


class ExperimentData(NamedTuple):
    """What the density knows of X experiments.

    `node` (X,) is the touchpoint's, `without` (X, T) its spend over the mean as it would have been, equal to
    the spend there was outside the experiment; `value`, `visits` and `converts` (X,) are h_k, z_k and r_k;
    `onward` (N,) is what a move onward from each node is worth, wherever it goes; `lift` and `sd` (X,) are
    what was measured.
    """

    node: Array
    without: Array
    value: Array
    visits: Array
    converts: Array
    onward: Array
    lift: Array
    sd: Array


@compiled
def entries_lift(
    at: JourneyParameters, slope: JourneyParameters, n: int, without: Array, value: float, entries: EntryData
) -> float:
    """Conversions of the entries that the spend of node n brought; adds to their derivatives in `slope`."""
    periods, m = without.shape[0], int(entries.market[n])
    carries = at.carryover.shape[0] > 0
    rate = at.carryover[n] if carries else 0.0
    both, both_slope = np.zeros(2 * periods), np.zeros(2 * periods)
    carry_over(entries.relative_spend[n], rate, both[:periods], both_slope[:periods])
    carry_over(without, rate, both[periods:], both_slope[periods:])
    response, slopes = np.zeros(2 * periods), np.zeros((4, 2 * periods))
    floor, saturation = at.response_floor[n], at.response_saturation[n]
    entry_response(both, both_slope, at.beta1[n], floor, saturation, response, slopes)
    # The model's response has a mean of 0 over the periods as they were, and so has its demand.
    level = at.entry_level[n] - total(at.demand[m]) / periods
    middle = total(response[:periods]) / periods
    middles = np.array([total(slopes[row, :periods]) / periods for row in range(4)])
    lift = 0.0
    for t in range(2 * periods):
        if both[t % periods] == both[periods + t % periods]:
            continue
        sign = value if t < periods else -value
        deviation = level + at.demand[m, t % periods] + response[t] - middle
        bounded = min(max(deviation, -LOG_MEAN_BOUND), LOG_MEAN_BOUND)
        brought = sign * math.exp(entries.base[n] + bounded)
        lift += brought
        if bounded == deviation:
            slope.entry_level[n] += brought
            slope.demand[m, t % periods] += brought
            slope.beta1[n] += brought * (slopes[0, t] - middles[0])
            slope.response_floor[n] += brought * (slopes[1, t] - middles[1])
            slope.response_saturation[n] += brought * (slopes[2, t] - middles[2])
            if carries:
                slope.carryover[n] += brought * (slopes[3, t] - middles[3])
    centre(slope.demand[m])
    return lift


@compiled
def moves_lift(
    effect: float, n: int, spend: Array, without: Array, moves: MoveData, onward: Array
) -> tuple[float, float, float, float]:
    """Return the moves that the spend of target n pulled, what they displaced, and derivatives of both.

    A pulled move displaces `onward` (I,) conversions. The derivatives are in the effect.
    """
    lift, slope, lost, lost_slope = 0.0, 0.0, 0.0, 0.0
    for i in range(moves.visits.shape[0]):
        if moves.weights[i, n] == 0.0:
            continue
        exposure, exposure_slope, pulled, pulled_slope = moves.rate[i], 0.0, 0.0, 0.0
        for t in range(spend.shape[0]):
            shape = moves.shape[n, t]
            visits = moves.visits[i, t] * math.exp(effect * shape)
            exposure += visits
            exposure_slope += visits * shape
            if spend[t] != without[t]:
                other = pull_shape(without[t])
                missed = moves.visits[i, t] * math.exp(effect * other)
                pulled += visits - missed
                pulled_slope += visits * shape - missed * other
        share = moves.weights[i, n] / exposure
        change = share * (pulled_slope - pulled * exposure_slope / exposure)
        lift += share * pulled
        slope += change
        lost += onward[i] * share * pulled
        lost_slope += onward[i] * change
    return lift, slope, lost, lost_slope


@compiled
def relative_pull(effect: float, spend: Array, without: Array) -> tuple[float, float]:
    """Factor on moves in the experiment's periods without it, beside all periods; with its derivative."""
    inside, inside_slope, whole, whole_slope, periods = 0.0, 0.0, 0.0, 0.0, 0
    for t in range(spend.shape[0]):
        shape = pull_shape(spend[t])
        pulled = math.exp(effect * shape)
        whole += pulled
        whole_slope += pulled * shape
        if spend[t] != without[t]:
            shape = pull_shape(without[t])
            pulled = math.exp(effect * shape)
            inside += pulled
            inside_slope += pulled * shape
            periods += 1
    if periods == 0:
        return 1.0, 0.0
    factor = inside / periods / (whole / spend.shape[0])
    return factor, factor * (inside_slope / inside - whole_slope / whole)


@compiled
def visit_value(
    pull: float, convert: float, e: int, spend: Array, experiments: ExperimentData
) -> tuple[float, float, float]:
    """Evaluate h0_k of experiment e, with its derivatives in the effects on moves to k and on conversions."""
    without, visits = experiments.without[e], experiments.visits[e]
    more_moves, moves_slope = relative_pull(pull, spend, without)
    more_converted, convert_slope = relative_pull(convert, spend, without)
    direct = experiments.converts[e] * visits
    gained = experiments.value[e] + (more_converted - 1.0) * direct
    kept = 1.0 - (more_moves - 1.0) * (visits - 1.0)
    value = gained / max(kept, SMALLEST_KEPT)
    in_pull = value * moves_slope * (visits - 1.0) / kept if kept > SMALLEST_KEPT else 0.0
    return value, in_pull, direct * convert_slope / max(kept, SMALLEST_KEPT)


@compiled
def modelled_lift(
    at: JourneyParameters,
    slope: JourneyParameters,
    e: int,
    entries: EntryData,
    moves: MoveData,
    converting: MoveData,
    experiments: ExperimentData,
) -> float:
    """Conversions that experiment e brought under the model; adds to their derivatives in `slope`."""
    n, without = int(experiments.node[e]), experiments.without[e]
    spend, pull, convert = entries.relative_spend[n], at.parent_effects[n], at.conversion_effects[n]
    value, in_pull, in_convert = visit_value(pull, convert, e, spend, experiments)
    lift = entries_lift(at, slope, n, without, value, entries)
    pulled, pull_slope, lost, lost_slope = moves_lift(pull, n, spend, without, moves, experiments.onward)
    converted, convert_slope, _, _ = moves_lift(convert, n, spend, without, converting, experiments.onward)
    m = int(entries.market[n])
    begun = lift / value + pulled
    slope.parent_effects[n] += value * pull_slope - at.displacement[m] * lost_slope + begun * in_pull
    slope.conversion_effects[n] += convert_slope + begun * in_convert
    slope.displacement[m] -= lost
    return float(lift + value * pulled - at.displacement[m] * lost + converted)


@compiled
def experiments_log_density(
    at: JourneyParameters,
    change: JourneyParameters,
    entries: EntryData,
    moves: MoveData,
    converting: MoveData,
    experiments: ExperimentData,
) -> float:
    """Log density of the measured lifts, up to a constant."""
    value = 0.0
    for e in range(experiments.node.shape[0]):
        slope = like(at)
        lift = modelled_lift(at, slope, e, entries, moves, converting, experiments)
        away = (experiments.lift[e] - lift) / experiments.sd[e]
        value -= 0.5 * away * away
        add_scaled(change, slope, away / experiments.sd[e])
    return value


@compiled
def like(at: JourneyParameters) -> JourneyParameters:
    """Make zeros of the shapes of the parameters."""
    return JourneyParameters(
        np.zeros_like(at.demand_persistence),
        np.zeros_like(at.demand_scale),
        np.zeros_like(at.displacement),
        np.zeros_like(at.control_coefficients),
        np.zeros_like(at.demand),
        np.zeros_like(at.entry_level),
        np.zeros_like(at.dispersion),
        np.zeros_like(at.beta1),
        np.zeros_like(at.response_floor),
        np.zeros_like(at.response_saturation),
        np.zeros_like(at.parent_effects),
        np.zeros_like(at.conversion_effects),
        np.zeros_like(at.conversion_effects_mean),
        np.zeros_like(at.conversion_effects_spread),
        np.zeros_like(at.beta1_across_markets),
        np.zeros_like(at.beta1_market_spread),
        np.zeros_like(at.parent_effects_across_markets),
        np.zeros_like(at.parent_effects_market_spread),
        np.zeros_like(at.carryover),
    )


@compiled
def add_scaled(change: JourneyParameters, slope: JourneyParameters, factor: float) -> None:
    """Add a multiple of what a lift's derivatives can be other than 0 in."""
    change.displacement[:] += factor * slope.displacement
    change.demand[:] += factor * slope.demand
    change.entry_level[:] += factor * slope.entry_level
    change.beta1[:] += factor * slope.beta1
    change.response_floor[:] += factor * slope.response_floor
    change.response_saturation[:] += factor * slope.response_saturation
    change.parent_effects[:] += factor * slope.parent_effects
    change.conversion_effects[:] += factor * slope.conversion_effects
    change.carryover[:] += factor * slope.carryover
