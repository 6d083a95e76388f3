"""Types and names shared by the estimation layer."""

from dataclasses import dataclass
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
