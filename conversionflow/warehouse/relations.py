"""What a dbt Python model gets from dbt, as the package wants it: the same on every warehouse."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import Any

import pandas as pd
import pyarrow as pa

from conversionflow.warehouse.frames import to_pandas


class Relation(ABC):
    """
    A table or view that `dbt.ref` or `dbt.source` gave; nothing is read before it is asked for.

    Attributes
    ----------
    name : str
        Its name as SQL takes it.
    """

    name: str

    @abstractmethod
    def arrow(self, **only: str) -> pa.Table:
        """Return the rows; by column, `only` gives the one value that rows must have to be read at all."""

    @abstractmethod
    def is_empty(self) -> bool:
        """Whether there are no rows."""

    def df(self, **only: str) -> pd.DataFrame:
        """Return the rows as pandas has them: decimals as float64, dates as datetime64."""
        return to_pandas(self.arrow(**only))


class DuckDBRelation(Relation):
    """A relation of dbt-duckdb, which selects all of a table, and nothing else."""

    def __init__(self, selected: Any) -> None:
        self._selected = selected
        self.name = re.sub(r"^select \* from ", "", selected.sql_query(), flags=re.IGNORECASE)

    def arrow(self, **only: str) -> pa.Table:
        """Return the rows."""
        from duckdb import ColumnExpression, ConstantExpression

        rows = self._selected
        for column, value in only.items():
            rows = rows.filter(ColumnExpression(column) == ConstantExpression(value))
        table: pa.Table = rows.to_arrow_table()
        return table

    def is_empty(self) -> bool:
        """Whether there are no rows."""
        return self._selected.limit(1).fetchone() is None


def as_relation(given: Any) -> Relation:
    """Return what `dbt.ref` gave, whichever adapter runs the model."""
    return given if isinstance(given, Relation) else DuckDBRelation(given)


def to_frame(relation: Any, **only: str) -> pd.DataFrame:
    """Return the rows of a relation that `dbt.ref` gave; see `Relation.df`."""
    return as_relation(relation).df(**only)


def run_id() -> str:
    """Return the key of this `dbt` run: dbt runs Python models in its own process."""
    from dbt_common.invocation import get_invocation_id

    return str(get_invocation_id())
