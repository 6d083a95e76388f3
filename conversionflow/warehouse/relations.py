"""What a dbt Python model gets from dbt, as the package wants it."""

import re
from typing import Any

import pandas as pd
from dbt_common.invocation import get_invocation_id
from duckdb import ColumnExpression, ConstantExpression


def to_frame(relation: Any, **only: str) -> pd.DataFrame:
    """Return the rows of a relation that `dbt.ref` gave; decimals come as float64.

    Parameters
    ----------
    relation
        The relation.
    only
        By column, the one value that rows must have to be read at all.
    """
    for column, value in only.items():
        relation = relation.filter(ColumnExpression(column) == ConstantExpression(value))
    frame: pd.DataFrame = relation.df()
    return frame


def is_empty(relation: Any) -> bool:
    """Whether a relation that `dbt.ref` gave has no rows."""
    return relation.limit(1).fetchone() is None


def run_id() -> str:
    """Return the key of this `dbt` run: dbt runs Python models in its own process."""
    return str(get_invocation_id())


def relation_name(relation: Any) -> str:
    """Return the name of a relation that `dbt.ref` gave: dbt-duckdb selects all of it, and nothing else."""
    return re.sub(r"^select \* from ", "", relation.sql_query(), flags=re.IGNORECASE)
