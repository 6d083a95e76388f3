"""Posterior draws read back from a long table into arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from conversionflow.core.errors import InputError
from conversionflow.estimation.types import KEY_COLUMNS, NOT_APPLICABLE, Array


@dataclass(frozen=True, eq=False)
class DrawTable:
    """Draws of one model and market.

    Attributes
    ----------
    names
        By column (parameter, touchpoint, related_touchpoint) the names in it.
    codes : int arrays (rows,)
        By column the place of each row's name among them; -1 where it has none.
    number : int array (rows,)
        Number of each row's draw.
    value : array (rows,)
        What was drawn.
    count
        Number of draws.
    """

    names: Mapping[str, pd.Index]
    codes: Mapping[str, NDArray[np.intp]]
    number: NDArray[np.intp]
    value: Array
    count: int

    @classmethod
    def by_market(cls, draws: pd.DataFrame) -> "dict[str, DrawTable]":
        """Split a table of draws by market; draws are numbered by (chain, draw)."""
        chain, draw = draws["chain"].to_numpy(np.int64), draws["draw"].to_numpy(np.int64)
        number, numbers = pd.factorize(chain * (draw.max(initial=0) + 1) + draw, sort=True)
        names, codes = {}, {}
        for column in ("parameter", *KEY_COLUMNS):
            codes[column], names[column] = pd.factorize(draws[column])
        value = draws["value"].to_numpy(np.float64)
        tables = {}
        for place, market in enumerate(names["market"]):
            mine = codes["market"] == place
            own = {column: code[mine] for column, code in codes.items()}
            tables[str(market)] = cls(names, own, number[mine], value[mine], len(numbers))
        return dict(sorted(tables.items()))

    def _rows(self, parameter: str) -> NDArray[np.intp]:
        """Places of a parameter's rows."""
        [code] = self.names["parameter"].get_indexer(pd.Index([parameter]))
        return np.flatnonzero((self.codes["parameter"] == code) & (code >= 0))

    def touchpoints(self, parameter: str) -> set[str]:
        """Touchpoints that have the parameter."""
        codes = np.unique(self.codes["touchpoint"][self._rows(parameter)])
        return {str(self.names["touchpoint"][code]) for code in codes if code >= 0}

    def has_related(self, parameter: str) -> bool:
        """Whether the parameter is of pairs of touchpoints."""
        codes = np.unique(self.codes["related_touchpoint"][self._rows(parameter)])
        related = (self.names["related_touchpoint"][code] for code in codes if code >= 0)
        return any(name != NOT_APPLICABLE for name in related)

    def array(self, parameter: str, *axes: Sequence[str], fill: float = 0.0) -> Array:
        """Read one parameter.

        Parameters
        ----------
        parameter
            Its name.
        axes
            Names along touchpoint and, where the parameter has one, related_touchpoint; others are left out.
        fill
            Stands where the table has no row for a pair of names.

        Returns
        -------
        array (count, *axes)

        Raises
        ------
        InputError
            Where some draws of a value are missing.
        """
        rows = self._rows(parameter)
        positions = []
        for column, names in zip(KEY_COLUMNS[1:], axes, strict=False):
            place = pd.Index(list(names)).get_indexer(self.names[column])
            # the last is the place of rows without a name
            positions.append(np.append(place, -1)[self.codes[column][rows]])
        known = np.all([position >= 0 for position in positions], axis=0)
        dense = np.full([self.count, *map(len, axes)], np.nan)
        places = (self.number[rows][known], *(position[known] for position in positions))
        dense[places] = self.value[rows][known]
        absent = np.isnan(dense).all(axis=0)
        dense[:, absent] = fill
        if np.isnan(dense).any():
            raise InputError(f"Posterior draws of {parameter!r} are incomplete; fit the model again")
        return dense
