"""Which column of a file becomes which column of the table."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from conversionflow.core.errors import InputError
from conversionflow.ingest.contracts import Contract
from conversionflow.warehouse.duckdb import checked_identifier

_NAME_LENGTH = 63
_CLOSE = 0.55


def table_columns(
    file: str, table: str, header: Sequence[str], contract: Contract, mapping: Mapping[str, str]
) -> tuple[str, ...]:
    """
    Return the table's name of each of the file's columns, in the file's order.

    Parameters
    ----------
    file, table
        For messages.
    header
        The column names as the file spells them.
    contract
        The columns that `table` must and may have.
    mapping
        The file's column by the table's: `{"touched_at": "event_time"}`. Every other column keeps its name as
        an identifier: lower case, other characters than letters and digits turned to `_`.

    Raises
    ------
    InputError
        If the mapping names a column that is not there, two columns would have one name, or a required one is
        missing.
    """
    names = [identifier(spelling, position) for position, spelling in enumerate(header, start=1)]
    for column, source in mapping.items():
        _refuse_unknown(table, column, contract)
        names[_position(file, source, header, names)] = column
    _refuse_repeated(file, header, names)
    _refuse_missing(file, table, names, contract)
    return tuple(names)


def identifier(spelling: str, position: int) -> str:
    """Return a column's name from how a file spells it: lower case, other characters turned to `_`."""
    name = re.sub(r"\W+", "_", spelling.strip().lower(), flags=re.ASCII)[:_NAME_LENGTH]
    if not name.strip("_"):
        return f"column_{position}"
    return f"_{name}"[:_NAME_LENGTH] if name[0].isdigit() else name


def _refuse_unknown(table: str, column: str, contract: Contract) -> None:
    checked_identifier(column, "column")
    known = contract.columns
    if known and column not in known:
        raise InputError(
            f"--map {column}=...: {table} has no column {column}{_did_you_mean(column, list(known))}. "
            f"It has {', '.join(known)}."
        )


def _position(file: str, source: str, header: Sequence[str], names: Sequence[str]) -> int:
    for spellings in (header, names):
        if source in spellings:
            return list(spellings).index(source)
    raise InputError(
        f"{file} has no column {source!r}{_did_you_mean(source, header)}. It has {', '.join(header)}."
    )


def _refuse_repeated(file: str, header: Sequence[str], names: Sequence[str]) -> None:
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        name = repeated[0]
        spelled = " and ".join(repr(header[i]) for i, other in enumerate(names) if other == name)
        raise InputError(
            f"{file}: the columns {spelled} would both be {name}. Rename one of them in the file."
        )


def _refuse_missing(file: str, table: str, names: Sequence[str], contract: Contract) -> None:
    missing = [column for column in contract.required if column not in names]
    if not missing:
        return
    free = [name for name in names if name not in contract.columns]
    example = " ".join(f"--map {column}={guess}" for column, guess in _guesses(missing, free).items())
    raise InputError(
        f"{file}: {table} needs the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}; the file "
        f"has {', '.join(names)}. Say which it is with {example}. No row was loaded."
    )


def _guesses(missing: Sequence[str], free: Sequence[str]) -> dict[str, str]:
    guesses: dict[str, str] = {}
    for column in missing:
        left = [name for name in free if name not in guesses.values()]
        guesses[column] = next(iter(get_close_matches(column, left, n=1, cutoff=_CLOSE)), "COLUMN")
    return guesses


def _did_you_mean(name: str, choices: Sequence[str]) -> str:
    close = get_close_matches(name, choices, n=1, cutoff=_CLOSE)
    return f" (did you mean {close[0]}?)" if close else ""
