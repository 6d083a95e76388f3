"""Markov attribution: an exact absorbing chain of touchpoints and what each removal would cost.

A journey is a walk from ``(start)`` over touchpoints to ``(conversion)`` or ``(null)``. Nothing is
simulated: the fundamental matrix of the chain gives every probability (Kemeny & Snell, *Finite Markov
Chains*, 1960, chapter 3).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from conversionflow.core.errors import InputError

START = "(start)"
CONVERSION = "(conversion)"
NULL = "(null)"

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Chain:
    """First-order absorbing chain over K touchpoints; all arrays follow the order of ``touchpoints``.

    Attributes
    ----------
    touchpoints : tuple of str
        The K transient states, sorted by name.
    entry : (K,) array
        Probability that a journey begins at each touchpoint.
    moves : (K, K) array
        Probability to go from row to column in one step, loops included.
    conversion : (K,) array
        Probability to convert in the next step; what rows of ``moves`` and ``conversion`` leave to 1 goes to
        ``(null)``.
    """

    touchpoints: tuple[str, ...]
    entry: Floats
    moves: Floats
    conversion: Floats

    def fundamental(self) -> Floats:
        """Return expected visits of the column's touchpoint from the row's on, ``(I - moves)^-1``, (K, K)."""
        return np.asarray(np.linalg.inv(np.eye(len(self.touchpoints)) - self.moves), dtype=np.float64)

    def conversion_rate(self) -> float:
        """Probability that a journey, begun at ``(start)``, ends in a conversion."""
        return float(self.entry @ self.fundamental() @ self.conversion)


def chain_from_transitions(transitions: pd.DataFrame) -> Chain:
    """Build the chain from counted moves.

    Parameters
    ----------
    transitions : DataFrame
        Columns ``touchpoint_from``, ``touchpoint_to``, ``transitions`` (counts >= 0; repeated pairs are
        added up). Moves from ``(start)`` straight to an end are journeys without a touch: they hold nothing
        to remove and are left out.

    Raises
    ------
    InputError
        If a count is negative or missing, no journey has a touch, a move leaves an end or enters
        ``(start)``, or journeys that reach a touchpoint never end.
    """
    counts = transitions["transitions"].to_numpy(dtype=np.float64)
    if not (np.isfinite(counts).all() and (counts >= 0).all()):
        raise InputError("transitions holds a negative or missing count; every count must be 0 or more.")
    table = transitions.assign(transitions=counts).pivot_table(
        index="touchpoint_from", columns="touchpoint_to", values="transitions", aggfunc="sum", fill_value=0.0
    )
    if START in table.columns or {CONVERSION, NULL} & set(table.index):
        raise InputError(
            f"transitions has a move into {START} or out of {CONVERSION} or {NULL}; drop such rows."
        )
    touchpoints = tuple(sorted((set(table.index) | set(table.columns)) - {START, CONVERSION, NULL}))
    names = list(touchpoints)
    table = table.reindex(index=[START, *names], columns=[*names, CONVERSION, NULL], fill_value=0.0)
    entries = table.loc[START, names].to_numpy(dtype=np.float64)
    if entries.sum() == 0:
        raise InputError(
            f"transitions has no move from {START} to a touchpoint; there is no journey to attribute."
        )
    steps = table.loc[names].to_numpy(dtype=np.float64)
    _require_an_end(touchpoints, steps)
    steps = steps / steps.sum(axis=1, keepdims=True)
    return Chain(touchpoints, entries / entries.sum(), steps[:, : len(names)], steps[:, len(names)])


def chain_from_paths(paths: Iterable[tuple[Sequence[str], float, float]]) -> Chain:
    """Build the chain from aggregated paths: (touchpoints in order, conversions, non-conversions).

    Paths without a touchpoint are left out. Raises `InputError` as `chain_from_transitions` does.
    """
    moves: defaultdict[tuple[str, str], float] = defaultdict(float)
    for touchpoints, conversions, non_conversions in paths:
        if not touchpoints:
            continue
        if not (conversions >= 0 and non_conversions >= 0):
            raise InputError(
                f"Path {tuple(touchpoints)} has a negative or missing count; counts must be 0 or more."
            )
        for move in zip([START, *touchpoints[:-1]], touchpoints, strict=True):
            moves[move] += conversions + non_conversions
        moves[touchpoints[-1], CONVERSION] += conversions
        moves[touchpoints[-1], NULL] += non_conversions
    rows = [(source, target, count) for (source, target), count in sorted(moves.items())]
    return chain_from_transitions(
        pd.DataFrame(rows, columns=["touchpoint_from", "touchpoint_to", "transitions"])
    )


def _require_an_end(touchpoints: tuple[str, ...], steps: Floats) -> None:
    """Raise if from some touchpoint neither end can be reached: ``I - moves`` would be singular."""
    size = len(touchpoints)
    ends = steps[:, size:].sum(axis=1) > 0
    for _ in range(size):
        ends = ends | ((steps[:, :size] > 0) @ ends)
    if not ends.all():
        endless = ", ".join(np.array(touchpoints)[~ends])
        raise InputError(
            f"No journey through {endless} ends: transitions leads nowhere to {CONVERSION} or {NULL}. "
            "Count closed journeys only, with their last move."
        )


def removal_effects(chain: Chain) -> pd.Series:
    """Share of conversions that would be lost without each touchpoint, its journeys going to ``(null)``.

    Removing k loses exactly the journeys that ever reach k and convert afterwards. A journey reaches k with
    probability ``v_k / N_kk`` (v the expected visits from ``(start)``, N the fundamental matrix) and from k
    converts with probability ``h_k = (N conversion)_k`` (Kemeny & Snell, 1960, chapter 3).
    So all K effects come from one inverse: ``v_k h_k / (N_kk * conversion rate)``.

    Returns
    -------
    Series
        By ``touchpoint``, between 0 and 1; all 0 for a chain without conversions.

    References
    ----------
    Anderl, Becker, von Wangenheim & Schumann (2016), *Mapping the customer journey*, IJRM 33(3): the
    removal effect.
    """
    fundamental = chain.fundamental()
    visits = chain.entry @ fundamental
    lost = visits * (fundamental @ chain.conversion) / np.diag(fundamental)
    rate = float(visits @ chain.conversion)
    effects = lost / rate if rate > 0 else np.zeros_like(lost)
    index = pd.Index(chain.touchpoints, name="touchpoint")
    return pd.Series(effects.clip(0.0, 1.0), index=index, name="removal_effect")


def attribute(effects: pd.Series, total_conversions: float) -> pd.Series:
    """Conversions credited to each touchpoint: the total in proportion to the removal effects.

    Raises
    ------
    InputError
        If there are conversions to share out and every removal effect is 0.
    """
    weight = float(effects.sum())
    if weight == 0 and total_conversions > 0:
        raise InputError(
            f"{total_conversions:,.0f} conversions cannot be attributed: every removal effect is 0. "
            "The chain and the conversions come from different journeys."
        )
    shares = effects / weight if weight > 0 else effects
    return (shares * total_conversions).rename("conversions")
