"""Types and names shared by the estimation layer."""

from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.bool_]
#: (market, touchpoint, related_touchpoint): what one value of a parameter belongs to.
Key: TypeAlias = tuple[str, str, str]

#: What another form of a model can be the remedy for.
FUNNEL, OVERDISPERSION = "funnel", "overdispersion"
CONVERSION = "(conversion)"
NULL = "(null)"
#: Columns that say what a parameter's value belongs to.
KEY_COLUMNS = ("market", "touchpoint", "related_touchpoint")
#: Stands in a key column that does not apply, so that keys are never null.
NOT_APPLICABLE = "(none)"


@dataclass(frozen=True)
class Parameter:
    """A published parameter.

    Attributes
    ----------
    name
        Name of the parameter.
    keys
        What each value belongs to.
    draws : array (chain, draw, len(keys))
        Posterior draws.
    """

    name: str
    keys: tuple[Key, ...]
    draws: Array


@dataclass(frozen=True)
class Experiment:
    """A measured lift.

    Attributes
    ----------
    experiment_id, market, touchpoint
        Name of the experiment, and whose spend it changed.
    started_on, ended_on
        First and last day.
    spend_change
        Money spent on those days together beyond what would have been spent; negative where it was less.
    conversions_lift, lift_sd
        Tracked conversions that this brought in all, with the standard error.
    """

    experiment_id: str
    market: str
    touchpoint: str
    started_on: date
    ended_on: date
    spend_change: float
    conversions_lift: float
    lift_sd: float
