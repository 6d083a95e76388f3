"""How a text becomes a typed value: one SQL expression for each kind, null where the text cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from conversionflow.ingest.contracts import Kind
from conversionflow.warehouse.duckdb import literal

_DAY = r"\d{4}-\d{2}-\d{2}"
_TIME = r"[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?"
_OFFSET = r"( ?UTC|Z|[+-]\d{2}(:?\d{2})?)"
_MOMENT = literal(f"{_DAY}({_TIME}{_OFFSET}?)?")
_MOMENT_WITH_OFFSET = literal(f"{_DAY}{_TIME}{_OFFSET}")
_SECONDS_LEFT_OUT = literal(rf"^({_DAY}[T ]\d{{2}}:\d{{2}}){_OFFSET}$")
_SECONDS_PUT_IN = literal(r"\1:00\2")
_USUAL_MOMENT = literal("____-__-_____:__:__")
_MIDNIGHT = literal(rf"{_DAY}([T ]00:00(:00(\.0+)?)?( ?UTC|Z|\+00(:?00)?)?)?")
_LOOKS_LIKE_CODE = literal(r"[+-]?(0\d.*|\d{19,})")

EXPECTED: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.TEXT: "text without NUL characters",
        Kind.TIMESTAMP: "an ISO 8601 time, in UTC or with its offset: 2026-03-01 09:30:00 or "
        "2026-03-01T09:30:00+02:00",
        Kind.DATE: "an ISO 8601 date without a time of day: 2026-03-01",
        Kind.MONEY: "an amount with a decimal point and at most two decimals, without thousands separator or "
        "currency: 1234.50 (--round-money rounds to the cent)",
        Kind.COUNT: "a whole number without a thousands separator: 1234",
        Kind.NUMBER: "a finite number with a decimal point: 0.125",
        Kind.BOOLEAN: "true or false",
    }
)


def reading(kind: Kind, text: str, *, round_money: bool = False) -> str:
    """
    Return the SQL expression of the SQL text `text` read as `kind`.

    A plain cast would be wrong in silence: DuckDB's drops the offset of a time, rounds 1.5 to 2 and cuts the
    time off a date. What a reading would have to change is null, so that the caller can refuse it.

    Parameters
    ----------
    kind
        What the text should hold.
    text
        A SQL expression of type VARCHAR.
    round_money
        Round an amount to the cent instead of refusing more than two decimals.
    """
    if kind is Kind.MONEY and round_money:
        return _if_number(text, f"try_cast({text} as decimal(18, 2))")
    return _READINGS[kind](text)


def inference(columns: Sequence[str]) -> str:
    """Return SQL that gives, for each column, the name of the first kind that reads all its values."""
    return ", ".join(_inferred(column) for column in columns)


def _if_number(text: str, value: str) -> str:
    # DuckDB passes over an underscore between digits, a slip of the hand more often than a separator.
    return f"case when not contains({text}, '_') then {value} end"


def _exactly(kind: Kind) -> Callable[[str], str]:
    # Six decimals: beyond them lies the binary noise of a float that was written as text.
    def expression(text: str) -> str:
        exact, wanted = f"try_cast({text} as decimal(38, 6))", f"try_cast({text} as {kind.value})"
        return _if_number(text, f"case when {exact} = {wanted} then {wanted} end")

    return expression


def _text(text: str) -> str:
    return f"case when not contains({text}, chr(0)) then {text} end"


def _timestamp(text: str) -> str:
    # The usual spelling first: LIKE takes a fifth of the time of two regular expressions.
    return (
        f"case when {text} like {_USUAL_MOMENT} and {text} >= '0' then try_cast({text} as timestamp)"
        f" when regexp_full_match({text}, {_MOMENT_WITH_OFFSET})"
        f" then try_cast({_with_seconds(text)} as timestamptz) at time zone 'UTC'"
        f" when regexp_full_match({text}, {_MOMENT}) then try_cast({text} as timestamp) end"
    )


def _with_seconds(text: str) -> str:
    # DuckDB 1.x reads no offset after a time without seconds.
    return f"regexp_replace({text}, {_SECONDS_LEFT_OUT}, {_SECONDS_PUT_IN})"


def _date(text: str) -> str:
    return f"case when regexp_full_match({text}, {_MIDNIGHT}) then try_cast({text} as date) end"


def _number(text: str) -> str:
    value = f"try_cast({text} as double)"
    return _if_number(text, f"case when isfinite({value}) then {value} end")


def _boolean(text: str) -> str:
    return f"case lower({text}) when 'true' then true when 'false' then false end"


_READINGS: Mapping[Kind, Callable[[str], str]] = MappingProxyType(
    {
        Kind.TEXT: _text,
        Kind.TIMESTAMP: _timestamp,
        Kind.DATE: _date,
        Kind.MONEY: _exactly(Kind.MONEY),
        Kind.COUNT: _exactly(Kind.COUNT),
        Kind.NUMBER: _number,
        Kind.BOOLEAN: _boolean,
    }
)

_CANDIDATES = (Kind.COUNT, Kind.NUMBER, Kind.BOOLEAN, Kind.DATE, Kind.TIMESTAMP)


def _inferred(column: str) -> str:
    branches = []
    for kind in _CANDIDATES:
        readable = f"{reading(kind, column)} is not null"
        if kind in (Kind.COUNT, Kind.NUMBER):
            # A leading zero or more digits than a number keeps belong to a code, such as a postcode.
            readable += f" and not regexp_full_match({column}, {_LOOKS_LIKE_CODE})"
        # bool_and passes over nulls, and is null where the column holds nothing else.
        whole_column = f"bool_and(case when {column} is not null then {readable} end)"
        branches.append(f"when {whole_column} then {literal(kind.name)}")
    return f"case {' '.join(branches)} else {literal(Kind.TEXT.name)} end"
