"""Posterior draws read back from a long table into arrays."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from conversionflow.core.errors import InputError
from conversionflow.estimation.types import KEY_COLUMNS, Array


@dataclass(frozen=True, eq=False)
class DrawTable:
    """Draws of one model and market.

    Attributes
    ----------
    frame
        Columns parameter, market, touchpoint, related_touchpoint, value; rows in any order.
    number : int array
        Number of each row's draw.
    count
        Number of draws.
    """

    frame: pd.DataFrame
    number: np.ndarray
    count: int

    @classmethod
    def by_market(cls, draws: pd.DataFrame) -> "dict[str, DrawTable]":
        """Split a table of draws by market; draws are numbered by (chain, draw)."""
        chain, draw = draws["chain"].to_numpy(np.int64), draws["draw"].to_numpy(np.int64)
        _, number = np.unique(chain * (draw.max(initial=0) + 1) + draw, return_inverse=True)
        count = int(number.max(initial=-1)) + 1
        markets = draws["market"].astype(str).to_numpy()
        return {
            str(market): cls(draws.loc[markets == market], number[markets == market], count)
            for market in np.unique(markets)
        }

    def touchpoints(self, parameter: str) -> set[str]:
        """Touchpoints that have the parameter."""
        return set(self.frame.loc[self.frame["parameter"] == parameter, "touchpoint"].astype(str))

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
        rows = (self.frame["parameter"] == parameter).to_numpy()
        positions = [
            pd.Index(list(names)).get_indexer(pd.Index(self.frame.loc[rows, column].astype(str)))
            for column, names in zip(KEY_COLUMNS[1:], axes, strict=False)
        ]
        known = np.all([position >= 0 for position in positions], axis=0)
        dense = np.full([self.count, *map(len, axes)], np.nan)
        dense[(self.number[rows][known], *(position[known] for position in positions))] = self.frame.loc[
            rows, "value"
        ].to_numpy(np.float64)[known]
        absent = np.isnan(dense).all(axis=0)
        dense[:, absent] = fill
        if np.isnan(dense).any():
            raise InputError(f"Posterior draws of {parameter!r} are incomplete; fit the model again")
        return dense
