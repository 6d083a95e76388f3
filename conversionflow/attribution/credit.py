"""Credit of single touches whose sums are the Markov totals.

The removal effect gives totals by touchpoint; a table of touches needs credits that add up to 1 in every
conversion as well. Credits in proportion to one weight per touchpoint meet both, and iterative proportional
fitting finds the weights.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from conversionflow.core.errors import InputError

Floats = NDArray[np.float64]

REACHED = 1e-10
"""Share of all conversions: totals this near their targets are met, totals that move less are at rest."""

MAXIMUM_ROUNDS = 5_000

WEIGHT_FLOOR = 1e-100
"""A weight driven to 0 stays here, so that a conversion which has no other touch can still be shared out."""


@dataclass(frozen=True, eq=False)
class CreditWeights:
    """Weights of touchpoints in the credit of a touch, and how near they come to the wanted totals.

    The credit of a touch is its touchpoint's weight over the sum of the weights of all touches of the
    conversion.

    Attributes
    ----------
    weights, targets, achieved : Series
        By ``touchpoint``: weight (largest 1), wanted conversions, conversions that the credits add up to.
    worst_deviation : float
        Largest ``|achieved - target| / max(target, 1 conversion)``; above rounding when no credits that
        stay inside the conversions' own touches can reach the targets.
    iterations : int
        Rounds of fitting done.
    """

    weights: pd.Series
    targets: pd.Series
    achieved: pd.Series
    worst_deviation: float
    iterations: int


def credit_weights(paths: pd.DataFrame, targets: pd.Series) -> CreditWeights:
    """Find weights that make touch credits add up to given totals by touchpoint.

    Iterative proportional fitting (Deming & Stephan, 1940, *Annals of Mathematical Statistics* 11: 427-444)
    of the table of converted paths by touchpoints: row totals are the paths' conversions, column totals the
    targets. Rows stay exact. Out-of-reach targets (a touchpoint alone in more conversions than its target,
    or in fewer conversions than its target) leave the columns as close as the fitting gets (Pukelsheim,
    2014, *Annals of OR* 215: 269-283).

    Parameters
    ----------
    paths : DataFrame
        One row per path and touchpoint: ``path_id``, ``touchpoint``, ``touches`` (> 0, touches of that
        touchpoint in the path), ``conversions`` (>= 0, of the path, the same in all its rows).
    targets : Series
        Conversions by touchpoint, >= 0, for every touchpoint of the paths; in sum the paths' conversions.
        The fit starts at weights in proportion to them.

    Raises
    ------
    InputError
        If counts are out of range, a touchpoint has no target, or the sums differ.
    """
    touches, conversions = _path_table(paths, targets)
    wanted = targets.to_numpy(dtype=np.float64)
    total = float(conversions.sum())
    _require_same_sum(float(wanted.sum()), total)
    weights = _scaled(wanted)
    achieved = _totals(weights, touches, conversions)
    rounds = 0
    moved = missed = np.inf if total > 0 else 0.0
    while rounds < MAXIMUM_ROUNDS and min(moved, missed) > REACHED * total:
        ratio = np.divide(wanted, achieved, out=np.ones_like(wanted), where=achieved > 0)
        weights = _scaled(weights * ratio)
        before, achieved = achieved, _totals(weights, touches, conversions)
        moved, missed = np.abs(achieved - before).max(), np.abs(achieved - wanted).max()
        rounds += 1
    deviation = np.abs(achieved - wanted) / np.maximum(wanted, 1.0)
    return CreditWeights(
        weights=pd.Series(weights, index=targets.index, name="weight"),
        targets=targets,
        achieved=pd.Series(achieved, index=targets.index, name="conversions"),
        worst_deviation=float(deviation.max(initial=0.0)),
        iterations=rounds,
    )


def _path_table(paths: pd.DataFrame, targets: pd.Series) -> tuple[csr_array, Floats]:
    """Touches by path and touchpoint (P, K), columns as in ``targets``, and conversions by path (P,)."""
    converted = paths[paths["conversions"] != 0]
    if not ((converted["touches"] > 0) & (converted["conversions"] > 0)).all():
        raise InputError("Converted paths need touches above 0 and conversions of 0 or more in every row.")
    if not (targets.index.is_unique and np.isfinite(targets).all() and (targets >= 0).all()):
        raise InputError("Targets need one finite number of conversions, 0 or more, for each touchpoint.")
    columns = targets.index.get_indexer(pd.Index(converted["touchpoint"]))
    if (columns < 0).any():
        unknown = ", ".join(sorted(converted["touchpoint"][columns < 0].unique()))
        raise InputError(f"No target for {unknown}: every touchpoint of the converted paths needs one.")
    rows, ids = pd.factorize(converted["path_id"])
    conversions = converted.groupby("path_id", sort=False)["conversions"].first().to_numpy(dtype=np.float64)
    entries = (converted["touches"].to_numpy(dtype=np.float64), (rows, columns))
    return csr_array(entries, shape=(len(ids), len(targets))), conversions


def _require_same_sum(wanted: float, conversions: float) -> None:
    if abs(wanted - conversions) > 1e-9 * max(wanted, conversions):
        raise InputError(
            f"Targets sum to {wanted:,.6f} conversions, the paths hold {conversions:,.6f}; make them equal."
        )


def _scaled(weights: Floats) -> Floats:
    scaled: Floats = np.maximum(weights / max(weights.max(initial=0.0), WEIGHT_FLOOR), WEIGHT_FLOOR)
    return scaled


def _totals(weights: Floats, touches: csr_array, conversions: Floats) -> Floats:
    """Conversions by touchpoint when each path's are shared out by weight and touches, (K,)."""
    totals: Floats = weights * (touches.T @ (conversions / (touches @ weights)))
    return totals
