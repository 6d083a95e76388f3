"""Flaws of real exports, added beside the valid rows: late, duplicate and invalid ones. None is lost."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from conversionflow.simulation.columns import identifiers
from conversionflow.simulation.journeys import Records

LATE_SHARE = 0.005
LATEST_WEEKS = 3
DUPLICATE_SHARE = 0.003
INVALID_SHARE = 0.0005
FIRST_INVALID_ID = 900_000_000_000


@dataclass
class Dirt:
    """What goes wrong with the rows of one table, week after week.

    Parameters
    ----------
    to_table : callable
        Makes the table's rows of records.
    id_column, id_prefix : str
    flaws : sequence of dict
        Values that make a copied row invalid, used in turn.
    last_week : int
        No row arrives later.
    most_invalid : int, optional
        Invalid rows in all.
    """

    to_table: Callable[[Records], pa.Table]
    id_column: str
    id_prefix: str
    flaws: Sequence[dict[str, Any]]
    last_week: int
    most_invalid: int | None = None
    _seen: int = 0
    _duplicates: int = 0
    _invalid: int = 0
    _late: defaultdict[int, list[Records]] = field(default_factory=lambda: defaultdict(list))

    def apply(self, week: int, records: Records, rng: np.random.Generator) -> pa.Table:
        """Make the rows that arrive in a week: its own but the late ones, then what comes out of order."""
        self._seen += len(records)
        late = np.flatnonzero(rng.random(len(records)) < LATE_SHARE)
        arrival = np.minimum(week + rng.integers(1, LATEST_WEEKS + 1, len(late)), self.last_week)
        for when in np.unique(arrival):
            self._late[int(when)].append(records.take(late[arrival == when]))
        on_time = np.delete(records, late)
        rows = self.to_table(np.concatenate([on_time, *self._late.pop(week, []), self._copies(records, rng)]))
        return pa.concat_tables([rows, self._spoiled(records, rng)])

    def _copies(self, records: Records, rng: np.random.Generator) -> Records:
        """Draw exact duplicates, as many as keep the share."""
        wanted = math.ceil(DUPLICATE_SHARE * self._seen) - self._duplicates
        chosen = _draw(len(records), wanted, rng)
        self._duplicates += len(chosen)
        return records.take(chosen)

    def _spoiled(self, records: Records, rng: np.random.Generator) -> pa.Table:
        """Draw copies under new ids and make one value of each invalid."""
        wanted = math.ceil(INVALID_SHARE * self._seen)
        if self.most_invalid is not None:
            wanted = min(wanted, self.most_invalid)
        chosen = records.take(_draw(len(records), wanted - self._invalid, rng))
        rows = self.to_table(chosen)
        copies = rows.to_pylist()
        ids = identifiers(self.id_prefix, FIRST_INVALID_ID + self._invalid + np.arange(len(copies)))
        for number, (copy, name) in enumerate(zip(copies, ids.to_pylist(), strict=True), start=self._invalid):
            copy |= self.flaws[number % len(self.flaws)] | {self.id_column: name}
        self._invalid += len(copies)
        return pa.Table.from_pylist(copies, schema=rows.schema)


def _draw(among: int, count: int, rng: np.random.Generator) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Draw different places, at most all there are."""
    return rng.choice(among, min(count, among), replace=False)
