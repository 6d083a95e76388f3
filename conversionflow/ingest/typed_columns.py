"""Columns that have types of their own, read as texts: what the table wants decides their type."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from conversionflow.core.errors import InputError
from conversionflow.warehouse.duckdb import quoted

_NO_TEXT = ("BLOB", "STRUCT", "MAP", "UNION", "BIT")
_FLOATS = ("FLOAT", "DOUBLE")
_EXACT_INTEGERS = "1e15"


def selected(
    source: str, columns: Sequence[tuple[str, str]], names: Sequence[str], native: Collection[str]
) -> str:
    """
    Return what stands between `select` and `from` to read columns under other names.

    Parameters
    ----------
    source
        For messages.
    columns
        The columns' names and DuckDB types, in order.
    names
        What each is called in the result.
    native
        Which of `names` keep their type; the others become texts, null where they are empty.

    Raises
    ------
    InputError
        If a column that should be text has a nested or binary type.
    """
    expressions = []
    for name, (column, data_type) in zip(names, columns, strict=True):
        expression = quoted(column) if name in native else _as_text(source, name, column, data_type)
        expressions.append(f"{expression} as {quoted(name)}")
    return ", ".join(expressions)


def _as_text(source: str, name: str, column: str, data_type: str) -> str:
    if data_type.startswith(_NO_TEXT) or data_type.endswith("]"):
        raise InputError(
            f"{source}, column {name}: a {data_type} cannot be read as a value. No row was loaded."
        )
    value = quoted(column)
    text = f"cast({value} as varchar)"
    if data_type in _FLOATS:
        # A whole number that went through a float is still one: customer 12, not "12.0".
        whole = f"{value} = trunc({value}) and abs({value}) < {_EXACT_INTEGERS}"
        text = f"case when {whole} then cast(cast({value} as bigint) as varchar) else {text} end"
    return f"nullif({text}, '')"
