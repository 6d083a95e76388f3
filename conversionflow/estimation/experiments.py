"""Measured lifts: which of them a fit can use, what the model makes of them, and where both disagree."""

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from conversionflow.estimation.experiment_kernel import ExperimentData, like, modelled_lift
from conversionflow.estimation.journey_kernel import EntryData, JourneyParameters, journey_parameters
from conversionflow.estimation.moves import Moves
from conversionflow.estimation.network import NetworkData
from conversionflow.estimation.types import Array, Experiment, Key, Parameter

#: Name of the parameter that holds the modelled lifts.
LIFT = "experiment_lift"
#: Money by which a change may exceed what was spent, for it was rounded.
ROUNDING = 0.01
#: From so many standard deviations on, an experiment and everything else contradict each other.
CONFLICT = 3.0
#: Smallest share of a lift's variance that the difference of measured and modelled lift is taken to have.
SMALLEST_SHARE = 0.01


def with_experiments(data: NetworkData, experiments: pd.DataFrame) -> NetworkData:
    """Add measured lifts to a network's statistics.

    Parameters
    ----------
    data
        The network.
    experiments
        Columns as the attributes of `Experiment`. A row that the network cannot use is left out, and
        `NetworkData.notes` says why.
    """
    columns = [field.name for field in fields(Experiment)]
    rows = experiments.sort_values(["experiment_id", "market", "touchpoint"])
    read = [_read(values) for values in rows[columns].itertuples(index=False)]
    reasons = [_unusable(experiment, data) for experiment in read]
    kept = tuple(experiment for experiment, reason in zip(read, reasons, strict=True) if not reason)
    notes = [
        f"{_name(experiment)} is not used: {reason}"
        for experiment, reason in zip(read, reasons, strict=True)
        if reason
    ]
    return replace(data, experiments=kept, notes=(*data.notes, *notes))


def _read(values: tuple[object, ...]) -> Experiment:
    name, market, touchpoint, first, last, *figures = values
    started_on, ended_on = (pd.Timestamp(str(day)).date() for day in (first, last))
    change, lift, sd = (float(str(figure)) for figure in figures)
    return Experiment(str(name), str(market), str(touchpoint), started_on, ended_on, change, lift, sd)


def _unusable(experiment: Experiment, data: NetworkData) -> str:
    """Say why the network cannot use an experiment; nothing where it can."""
    figures = np.array([experiment.spend_change, experiment.conversions_lift, experiment.lift_sd])
    if not np.isfinite(figures).all() or experiment.lift_sd <= 0 or experiment.spend_change == 0:
        return "spend_change must be an amount other than 0, conversions_lift a number, lift_sd above 0"
    if experiment.ended_on < experiment.started_on:
        return f"it ended on {experiment.ended_on}, before it started on {experiment.started_on}"
    key, paid = (experiment.market, experiment.touchpoint), _paid(data)
    if key not in paid:
        return "no such touchpoint has spend and touches in that market"
    if not _is_inside(experiment, data.periods):
        first, last = data.periods[0], _ends(data.periods)[-1] - timedelta(days=1)
        return (
            f"it ran from {experiment.started_on} to {experiment.ended_on}, and the complete periods run "
            f"from {first} to {last}"
        )
    spend = data.spend[paid[key]]
    spent = float(spend @ _days_inside(experiment, data.periods)[1])
    if experiment.spend_change > (spent + ROUNDING if spent else 0.0):
        return (
            f"spend_change is {experiment.spend_change:,.2f}, and {spent:,.2f} was spent on its days; it is "
            "the money of all of them together"
        )
    return ""


def _ends(periods: tuple[date, ...]) -> list[date]:
    """Day after each period; the last is taken to be as long as the one before."""
    return [*periods[1:], periods[-1] + (periods[-1] - periods[-2])]


def _is_inside(experiment: Experiment, periods: tuple[date, ...]) -> bool:
    return periods[0] <= experiment.started_on and experiment.ended_on < _ends(periods)[-1]


def experiments_inside(data: NetworkData) -> list[Experiment]:
    """List the experiments that these periods hold: a fit to the first of a history knows no later one."""
    paid = _paid(data)
    return [
        experiment
        for experiment in data.experiments
        if _is_inside(experiment, data.periods) and (experiment.market, experiment.touchpoint) in paid
    ]


def _paid(data: NetworkData) -> dict[tuple[str, str], tuple[int, int]]:
    """Find the paid touchpoints' positions by market and touchpoint."""
    return {(data.markets[m], data.touchpoints[k]): (m, k) for m, k in np.argwhere(data.paid)}


def _days_inside(experiment: Experiment, periods: tuple[date, ...]) -> tuple[Array, Array]:
    """Days of each period that are the experiment's, (T,), and which share of the period they are."""
    after = experiment.ended_on + timedelta(days=1)
    bounds = list(zip(periods, _ends(periods), strict=True))
    days = [(min(end, after) - max(start, experiment.started_on)).days for start, end in bounds]
    inside = np.maximum(np.array(days, np.float64), 0.0)
    return inside, inside / np.array([(end - start).days for start, end in bounds])


def spend_changes(experiment: Experiment, periods: tuple[date, ...], spend: Array) -> Array:
    """Money of the experiment in each period, (T,), where `spend` (T,) was spent.

    Money that was added is the same share of what was spent on each of its days; money that was withheld is
    the same amount on each.
    """
    days, share = _days_inside(experiment, periods)
    weights = share * spend if experiment.spend_change > 0 else days
    change: Array = experiment.spend_change * weights / weights.sum()
    return change


def experiment_data(moves: Moves) -> ExperimentData:
    """Gather what the density knows of the experiments of a network."""
    nodes, data = moves.nodes, moves.nodes.data
    experiments = experiments_inside(data)
    place = {name: n for n, name in enumerate(nodes.names)}
    node = np.array([place[e.market, e.touchpoint] for e in experiments], dtype=np.int64)
    spend = nodes.per_node(data.spend)[node]
    pairs = zip(experiments, spend, strict=True)
    changes = np.array([spend_changes(e, data.periods, spent) for e, spent in pairs]).reshape(spend.shape)
    values, visits, converts, onward = visit_constants(moves)
    relative = nodes.relative_spend[node]
    without = np.maximum(relative - changes / spend.mean(axis=1, keepdims=True), 0.0)
    return ExperimentData(
        node=node.astype(np.float64),
        without=np.where(changes == 0.0, relative, without),
        value=values[node],
        visits=visits[node],
        converts=converts[node],
        onward=onward,
        lift=np.array([e.conversions_lift for e in experiments]),
        sd=np.array([e.lift_sd for e in experiments]),
    )


def visit_constants(moves: Moves) -> tuple[Array, Array, Array, Array]:
    """Return h, z and r of `experiment_kernel`, (N,) each, on the counts' mean shares, and a move's worth.

    They are the conversions that a visit of the node leads to, the visits there that it leads to, itself
    included, its own chance to convert, and the conversions that a move onward from it leads to.
    """
    shares = moves.mean_shares
    count = len(shares)
    onward = np.linalg.inv(np.eye(count) - shares[:, :count])
    converts = shares[:, count]
    worth = moves.mix @ (onward @ converts)
    return onward @ converts, np.diag(onward), converts, worth


def lift_parameter(
    moves: Moves, entries: EntryData, posterior: Mapping[str, Array], demand: Array
) -> list[Parameter]:
    """Publish the modelled lift of every experiment, whose name stands as the related touchpoint.

    Parameters
    ----------
    moves, entries
        The model's statistics.
    posterior
        Sampled arrays (chain, draw, ...).
    demand : array (chain, draw, M, T)

    Returns
    -------
    list
        One parameter; none where there are no experiments.
    """
    experiments = experiments_inside(moves.nodes.data)
    if not experiments:
        return []
    statistics = experiment_data(moves)
    chains, draws = demand.shape[:2]
    lifts = np.empty((chains, draws, len(experiments)))
    known = {**posterior, "demand": demand}
    held = [known[name] for name in JourneyParameters._fields if name in known]
    points = np.concatenate([values.reshape(chains, draws, -1) for values in held], axis=2)
    between, converting = moves.between.statistics, moves.converting.statistics
    for c, d in np.ndindex(chains, draws):
        at = journey_parameters(points[c, d], moves.nodes.data.controls, entries)
        for e in range(len(experiments)):
            lifts[c, d, e] = modelled_lift(at, like(at), e, entries, between, converting, statistics)
    keys = tuple((e.market, e.touchpoint, e.experiment_id) for e in experiments)
    return [Parameter(LIFT, keys, lifts)]


def conflicts(data: NetworkData, parameters: tuple[Parameter, ...]) -> list[str]:
    """Say which experiments contradict what prior and all other data say; none where no lift was modelled.

    A normal posterior of mean m and variance v to which a measurement y of variance s^2 contributed would be,
    without it, one from which y lies (y - m) / sqrt(s^2 - v) standard deviations away (Marshall and
    Spiegelhalter 2007, Bayesian Analysis 2: 409-444).
    """
    lifts: dict[Key, Array] = {
        key: parameter.draws[:, :, n]
        for parameter in parameters
        if parameter.name == LIFT
        for n, key in enumerate(parameter.keys)
    }
    notes = []
    for experiment in experiments_inside(data) if lifts else ():
        draws = lifts[experiment.market, experiment.touchpoint, experiment.experiment_id]
        spread = experiment.lift_sd**2
        left = max(spread - draws.var(), SMALLEST_SHARE * spread)
        if abs(away := (experiment.conversions_lift - draws.mean()) / left**0.5) > CONFLICT:
            notes.append(_conflict(experiment, draws, away))
    return notes


def _conflict(experiment: Experiment, draws: Array, away: float) -> str:
    return (
        f"{_name(experiment)} contradicts the journeys: it measured {experiment.conversions_lift:,.1f} "
        f"conversions (standard error {experiment.lift_sd:,.1f}) for {experiment.spend_change:,.2f} of "
        f"spend, and the model that knows it says {draws.mean():,.1f}, {abs(away):.1f} standard deviations "
        "off. Either spend_change is not the money or conversions_lift not the tracked conversions of all "
        "its days together, or spend followed demand and the journeys mislead: docs/experiments.md"
    )


def _name(experiment: Experiment) -> str:
    return f"Experiment {experiment.experiment_id} on {experiment.touchpoint} in {experiment.market}"
